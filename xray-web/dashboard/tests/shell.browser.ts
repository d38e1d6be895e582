import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { expectAccessible, launch, open } from "./browser";
import { type Program, start } from "./program";

let browser: Browser;
let program: Program;
beforeAll(async () => {
  [browser, program] = await Promise.all([launch(), start("competitors")]);
});
afterAll(async () => {
  await browser?.close();
  await program?.stop();
});

it("an address that leads nowhere says so, and where to go", async () => {
  const { page, complaints } = await open(browser, `${program.url}/steps/x/y`);
  await page.getByRole("heading", { name: "There is no such page" }).waitFor();
  await expectAccessible(page);
  expect(complaints.filter((text) => !text.includes("404"))).toEqual([]);
});

it("colours follow the system until somebody chooses, and then the choice", async () => {
  const { page } = await open(browser, program.url, { colorScheme: "dark" });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await ground();
  await page.getByRole("button", { name: "Colours: system" }).click();
  expect(await ground()).not.toBe(dark);
  await page.reload();
  await page.getByRole("button", { name: "Colours: light" }).waitFor();
  expect(await ground()).not.toBe(dark);
});
