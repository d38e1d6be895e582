// What it is all for: why was this film eliminated? From the list of runs, in three clicks; and with the keyboard alone.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { expectAccessible, launch, open } from "./browser";
import { picture } from "./picture";
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

/** The run that looks for a competitor of "Batman Begins": the film itself is all that the search leaves. */
async function batman(): Promise<string> {
  const query = new URLSearchParams({ q: 'steps.exists(s, s.input.keywords.title == "Batman Begins")' });
  const answer = await fetch(`${program.url}/api/v1/runs?${query}`);
  const [run] = (await answer.json()).data;
  return run.id;
}

const why = (page: Page) => page.getByText("film.id != reference.id").first();

it.each(["light", "dark"] as const)("three clicks from the runs to the reason, in %s", async (colorScheme) => {
  const run = await batman();
  const { page, complaints } = await open(browser, program.url, { colorScheme });
  await picture(page, "runs", colorScheme === "dark");
  await page
    .getByRole("row")
    .filter({ has: page.locator(`code[title="${run}"]`) })
    .click();
  await page.waitForURL(`**/runs/${run}`);
  const drop = page.getByRole("link", { name: /comparable film\.id != reference\.id/ });
  await drop.waitFor();
  await picture(page, "run", colorScheme === "light");
  await drop.click();
  await page.waitForURL(/steps\/.*reason=/);
  const decision = page.getByRole("row").filter({ hasText: "Batman Begins (2005)" });
  await decision.getByText("eliminated").waitFor();
  await why(page).waitFor();
  await expectAccessible(page);
  await picture(page, "step", colorScheme === "dark");
  await decision.getByRole("link", { name: "Batman Begins (2005)" }).click();
  await page.getByRole("heading", { level: 1, name: "Batman Begins (2005)" }).waitFor();
  await why(page).waitFor();
  await picture(page, "item", colorScheme === "light");
  await page.goto(`${program.url}/runs/${run}?show=funnel`);
  await page.getByRole("link", { name: /^search: −3,193 shared > 0$/ }).waitFor();
  await picture(page, "funnel", colorScheme === "light");
  expect(complaints).toEqual([]);
});
