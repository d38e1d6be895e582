import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asks, expectAccessible, launch, open } from "./browser";
import { type Program, start } from "./program";

const HOSTILE = "<script>document.title=1</script>";

let browser: Browser;
let program: Program;
beforeAll(async () => {
  [browser, program] = await Promise.all([
    launch(),
    start("competitors", HOSTILE, "Batman Begins", "Hot Fuzz", "Gladiator", "Blade"),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await program?.stop();
});

const read = async (path: string) => (await fetch(program.url + path)).json();
const query = (page: Page) => new URL(page.url()).searchParams;
const firstRow = (page: Page) => page.getByRole("row").nth(1);
const overflow = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

describe("all functions", () => {
  it("are listed with what the API counted of them, and the order is in the address", async () => {
    const { page, complaints } = await open(browser, `${program.url}/steps`);
    const { data } = await read("/api/v1/callsites?limit=1000");
    await page.getByRole("grid", { name: "Functions" }).waitFor();
    await page.getByText(`${data.length} functions`, { exact: true }).waitFor();
    await page.getByRole("button", { name: "p95" }).click();
    const slowest = data.reduce((a: { p95_ns: number }, b: { p95_ns: number }) => (a.p95_ns > b.p95_ns ? a : b));
    await firstRow(page).getByRole("link", { name: slowest.name, exact: true }).waitFor();
    await asks(page, "sort", "-p95");
    await page.reload();
    await firstRow(page).getByRole("link", { name: slowest.name, exact: true }).waitFor();
    await expectAccessible(page);
    expect(complaints).toEqual([]);
  });

  it("can be found and opened without a mouse", async () => {
    const { page } = await open(browser, `${program.url}/steps`, { colorScheme: "dark" });
    const grid = page.getByRole("grid", { name: "Functions" });
    await grid.waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("pipeline filter");
    await page.getByText(/^1 of \d+ functions$/).waitFor();
    await expectAccessible(page);
    await grid.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "comparable" }).waitFor();
    await asks(page, "module", "competitors::pipeline");
  });

  it("that match nothing say so, and so does a time that is none", async () => {
    const { page } = await open(browser, `${program.url}/steps?text=no-such-function`);
    await page.getByRole("heading", { name: "No function matches" }).waitFor();
    await page.goto(`${program.url}/steps?from=whenever`);
    await page.getByRole("heading", { name: "The question is wrong" }).waitFor();
    await page.getByRole("combobox", { name: "Time" }).click();
    await page.getByRole("option", { name: "All time" }).click();
    await page.getByRole("grid", { name: "Functions" }).waitFor();
  });

  it("have pipelines beside them, which lead to their runs", async () => {
    const { page } = await open(browser, `${program.url}/steps`);
    await page.getByRole("button", { name: "Pipelines" }).click();
    const row = page.getByRole("row").filter({ hasText: "find_competitor" });
    expect(await row.getByRole("link", { name: "5", exact: true }).getAttribute("href")).toContain(
      "pipeline=find_competitor",
    );
    await expectAccessible(page);
  });

  it("are readable on a telephone", async () => {
    const { page } = await open(browser, `${program.url}/steps`, { viewport: { width: 375, height: 700 } });
    await page.getByRole("grid", { name: "Functions" }).waitFor();
    expect(await overflow(page)).toBe(0);
    const [head, cell] = await Promise.all([
      page.getByRole("columnheader", { name: "Kind" }).boundingBox(),
      firstRow(page).getByRole("gridcell").nth(1).boundingBox(),
    ]);
    expect(head?.x).toBe(cell?.x);
  });
});

describe("a function", () => {
  it.each(["light", "dark"] as const)(
    "is drawn over time, and the drawing can be read without eyes (%s)",
    async (colorScheme) => {
      const { page, complaints } = await open(browser, `${program.url}/steps/search`, { colorScheme });
      const duration = page.getByRole("figure", { name: "Duration" });
      await duration.getByRole("img", { name: /p95: .* to .*, last .*; p50: / }).waitFor();
      const time = duration.getByRole("slider");
      await time.focus();
      await page.keyboard.press("Home");
      expect(await time.getAttribute("aria-valuetext")).toMatch(/: p99 .*s, p95 .*s, p50 .*s$/);
      await duration.getByText("As a table").click();
      const values = duration.getByRole("region", { name: "Duration, as a table" });
      expect(await values.getByRole("rowheader").count()).toBe(Number(await time.getAttribute("aria-valuemax")) + 1);
      await page.getByRole("img", { name: /^Rejection rate\. rejection rate: .*%/ }).waitFor();
      await page.getByRole("img", { name: /^Calls, each .* calls: / }).waitFor();
      await page.getByRole("heading", { name: "Decisions by reason" }).waitFor();
      await expectAccessible(page);
      expect(complaints).toEqual([]);
    },
  );

  it("is looked at more closely at a time, and then again as a whole", async () => {
    const { page } = await open(browser, program.url);
    // The first call was an hour earlier, so that there is more than one time to look at.
    await page.route(/select=min%28started/, async (route) => {
      const answer = await route.fetch();
      const body = await answer.json();
      body.data[0][0] = new Date(Date.parse(body.data[0][0]) - 3_600_000).toISOString();
      await route.fulfill({ response: answer, json: body });
    });
    await page.goto(`${program.url}/steps/search`);
    const time = page.getByRole("figure", { name: /^Calls/ }).getByRole("slider");
    await time.focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "No calls in this time" }).waitFor();
    expect(Date.parse(query(page).get("before") ?? "")).toBeGreaterThan(Date.parse(query(page).get("from") ?? ""));
    await expectAccessible(page);
    await page.keyboard.press("0");
    await time.waitFor();
    await asks(page, "from", null);
    await asks(page, "before", null);
  });

  it("leads to its slowest call, its reasons and what they rest on", async () => {
    const { page } = await open(browser, `${program.url}/steps/comparable`);
    const { data } = await read(`/api/v1/steps?q=${encodeURIComponent('name == "comparable"')}`);
    type Row = { duration_ns: number; run: string; id: string };
    const slowest = data.reduce((a: Row, b: Row) => (a.duration_ns > b.duration_ns ? a : b));
    const link = page.getByRole("list", { name: "Slowest calls" }).getByRole("link").first();
    expect(await link.getAttribute("href")).toBe(`/runs/${slowest.run}/steps/${slowest.id}`);
    const reasons = page.getByRole("list", { name: "Decisions by reason" });
    const because = await reasons.getByRole("link", { name: "film.id != reference.id" }).getAttribute("href");
    const { searchParams } = new URL(because ?? "", program.url);
    expect(searchParams.get("q")).toContain('(d.outcome == "eliminated") && (d.reason == "film.id != reference.id")');
    await page.getByRole("link", { name: "What differs between eliminated and kept" }).click();
    await page.getByRole("heading", { name: "What differs, most first" }).waitFor();
  });

  it("says of what it failed, whatever the message holds", async () => {
    const { page, complaints } = await open(browser, `${program.url}/steps/look_up`);
    await page.getByRole("list", { name: "Errors" }).getByText(HOSTILE).waitFor();
    await page.getByRole("heading", { name: "Most recent failures" }).waitFor();
    expect(await page.title()).not.toBe("1");
    await expectAccessible(page);
    expect(complaints).toEqual([]);
  });

  it("that there is none of, or not there, says so", async () => {
    const { page } = await open(browser, `${program.url}/steps/${encodeURIComponent('no "such"\n<b>')}`);
    await page.getByRole("heading", { name: /^No step of no "such"/ }).waitFor();
    await expectAccessible(page);
    await page.goto(`${program.url}/steps/search?module=elsewhere`);
    await page.getByText("There is a function of the name, elsewhere:").waitFor();
    await page.getByRole("link", { name: "competitors::pipeline::search" }).click();
    await page.getByRole("figure", { name: "Duration" }).waitFor();
    await page.goto(`${program.url}/steps/search?from=2999-01-01T00:00:00Z`);
    await page.getByRole("heading", { name: "No calls in this time" }).waitFor();
  });

  it("is readable on a telephone", async () => {
    const { page } = await open(browser, `${program.url}/steps/search`, { viewport: { width: 375, height: 700 } });
    await page.getByRole("img", { name: /^Duration\. / }).waitFor();
    expect(await overflow(page)).toBe(0);
    await expectAccessible(page);
  });
});

it("a program that ends leaves what is shown, and says that it ended", async () => {
  const ending = await start("competitors", "Batman Begins");
  const { page } = await open(browser, `${ending.url}/steps/search`);
  await page.getByRole("img", { name: /^Duration\. / }).waitFor();
  await ending.kill();
  await page.getByText("does not answer: it may have ended").waitFor({ timeout: 30_000 });
  expect(await page.getByRole("img", { name: /^Duration\. / }).count()).toBe(1);
});
