import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { asks, expectAccessible, launch, open } from "./browser";
import { type Program, start } from "./program";

const ITEM = "The Usual Suspects (1995)";

type Stage = { name: string; step: string; reason: string | null };
type Way = { run: { id: string }; fate: string; steps: Stage[]; ended: Stage | null };
type History = { summary: { runs: number; kept: number; eliminated: number }; data: Way[] };

let browser: Browser;
let program: Program;
let history: History;
beforeAll(async () => {
  [browser, program] = await Promise.all([launch(), start("movies")]);
  history = await (await fetch(`${program.url}/api/v1/items/${encodeURIComponent(ITEM)}`)).json();
});
afterAll(async () => {
  await browser?.close();
  await program?.stop();
});

const address = (item: string, run?: string) =>
  `${program.url}/items/${encodeURIComponent(item)}${run ? `?run=${run}` : ""}`;
const longest = () => history.data.reduce((a, b) => (a.steps.length >= b.steps.length ? a : b));
const track = (page: Page, { run }: Way) => page.getByRole("article", { name: `Run ${run.id.slice(-8)}` });

it.each(["light", "dark"] as const)(
  "the run of the address is told stage by stage, to its end (%s)",
  async (colorScheme) => {
    const way = longest();
    const { page, complaints } = await open(browser, address(ITEM, way.run.id), { colorScheme });
    await page.getByRole("heading", { level: 1, name: ITEM }).waitFor();
    const shown = track(page, way);
    for (const { name, step } of way.steps) {
      const href = await shown.getByRole("link", { name, exact: true }).getAttribute("href");
      expect(href).toMatch(new RegExp(`^/runs/${way.run.id}/steps/${step}\\?item=`));
    }
    expect(way.fate).toBe("eliminated");
    await shown.getByText("Entered", { exact: true }).waitFor();
    await shown.getByText("Ended", { exact: true }).waitFor();
    await expectAccessible(page);
    expect(complaints).toEqual([]);
  },
);

it("the summary says what the API counted, and where it usually ends", async () => {
  const { page } = await open(browser, address(ITEM));
  const { runs, kept, eliminated } = history.summary;
  const value = (name: string) => page.locator("dt", { hasText: name }).locator("+ dd").textContent();
  await page.getByRole("heading", { name: "Where it ends, and why" }).waitFor();
  expect(await value("Runs that had it")).toBe(String(runs));
  expect(await value("Kept")).toMatch(new RegExp(`^${kept} `));
  expect(await value("Eliminated")).toMatch(new RegExp(`^${eliminated} `));
  const place = page.getByRole("list", { name: "Where it ends, and why" }).getByRole("link").first();
  await place.click();
  await page.getByRole("figure", { name: "Duration" }).waitFor();
});

it("brackets go from run to run, and the address follows", async () => {
  const { page } = await open(browser, address(ITEM));
  const [first, second] = history.data;
  if (!first || !second) throw new Error("the item is in fewer than two runs");
  const opened = (way: Way) => track(page, way).getByRole("button", { expanded: true });
  await opened(first).waitFor();
  await page.keyboard.press("]");
  await opened(second).waitFor();
  await asks(page, "run", second.run.id);
  await page.keyboard.press("[");
  await opened(first).waitFor();
  expect(await opened(second).count()).toBe(0);
  await track(page, first).getByRole("button").focus();
  await page.keyboard.press("Enter");
  await track(page, first).getByRole("button", { expanded: false }).waitFor();
});

it("a run that did not have it is said, and the others are still there", async () => {
  const { page } = await open(browser, address(ITEM, "f".repeat(32)));
  await page.getByText("The run of this address").waitFor();
  expect(await page.getByRole("article").count()).toBeGreaterThan(1);
  await expectAccessible(page);
});

it("an item that no run had is said, whatever its key is", async () => {
  const key = '<img src=x onerror="document.title=1">/../\u0007 javascript:alert(1)';
  const { page, complaints } = await open(browser, address(key));
  await page.getByRole("heading", { name: "No run had this item" }).waitFor();
  await page.getByText('<img src=x onerror="document.title=1">', { exact: false }).waitFor();
  await expectAccessible(page);
  expect(complaints.filter((text) => !text.includes("404"))).toEqual([]);
});

it("it is readable on a telephone", async () => {
  const { page } = await open(browser, address(ITEM, longest().run.id), { viewport: { width: 375, height: 700 } });
  await track(page, longest()).getByText("Ended", { exact: true }).waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBe(0);
  await expectAccessible(page);
});

it("a store without an index and a summary that is not whole are said", async () => {
  const { page } = await open(browser, program.url);
  await page.route("**/api/v1/items/*", async (route) => {
    const answer = await route.fetch();
    const body = await answer.json();
    body.indexed = false;
    body.stopped = true;
    body.summary.searched = 12;
    await route.fulfill({ response: answer, json: body });
  });
  await page.goto(address(ITEM));
  await page.getByText("12 runs were searched for it").waitFor();
  await page.getByText("older ones are listed below").waitFor();
  await expectAccessible(page);
});
