// The README's pictures: taken where a test is at the place anyway, and only where somebody asks for them.
import { join } from "node:path";
import type { Page } from "playwright-core";

/** Writes `NAME.png` into the directory that `XRAY_PICTURES` names, if it is wanted; does nothing without one. */
export async function picture(page: Page, name: string, wanted: boolean): Promise<void> {
  const directory = process.env.XRAY_PICTURES;
  if (!directory || !wanted) return;
  // Charts are loaded when they are needed, and move when they come.
  await page.waitForTimeout(1_000);
  await page.screenshot({ path: join(directory, `${name}.png`), animations: "disabled" });
}
