// The README's pictures: taken where a test is at the place anyway, and only where somebody asks for them.
import { join } from "node:path";
import type { Page } from "playwright-core";

/** Writes `NAME.png` into the directory that `XRAY_PICTURES` names; does nothing without. */
export async function picture(page: Page, name: string): Promise<void> {
  const directory = process.env.XRAY_PICTURES;
  if (!directory) return;
  await page
    .getByText(/^Loading|…$/)
    .first()
    .waitFor({ state: "hidden" })
    .catch(() => {});
  await page.screenshot({ path: join(directory, `${name}.png`), animations: "disabled" });
}
