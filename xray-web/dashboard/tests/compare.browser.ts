import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asks, expectAccessible, launch, open } from "./browser";
import { type Program, start } from "./program";

const HOSTILE = "<script>document.title=1</script>";

type Run = { id: string; status: string; error: string | null };

let browser: Browser;
let program: Program;
let failed: Run;
let completed: Run;
let hostile: Run;
beforeAll(async () => {
  [browser, program] = await Promise.all([
    launch(),
    start("competitors", HOSTILE, "Batman Begins", "Hot Fuzz", "Gladiator", "Blade", "Night at the Museum"),
  ]);
  const { data }: { data: Run[] } = await read("/api/v1/runs?pipeline=find_competitor");
  const find = (what: (run: Run) => boolean) => data.find(what) ?? fail();
  hostile = find(({ error }) => error?.includes("script") ?? false);
  failed = find(({ status, id }) => status === "failed" && id !== hostile.id);
  completed = find(({ status }) => status === "completed");
});
afterAll(async () => {
  await browser?.close();
  await program?.stop();
});

const fail = () => {
  throw new Error("no run is so");
};
const read = async (path: string) => (await fetch(program.url + path)).json();
const two = (a: string, b: string) => `${program.url}/compare?a=${a}&b=${b}`;
const opened = (page: Page) =>
  page.getByRole("list", { name: "Pairs of steps" }).getByRole("button", { expanded: true });

describe("two runs", () => {
  it("are chosen among the latest, or by an address that holds the id", async () => {
    const { page, complaints } = await open(browser, `${program.url}/compare`);
    await page.getByRole("button", { name: `Run ${failed.id.slice(-8)} as A` }).click();
    await asks(page, "a", failed.id);
    await expectAccessible(page);
    await page.getByLabel("Run B").fill("not an id");
    await page.getByText("An id is 32 hexadecimal digits.").waitFor();
    await page.getByLabel("Run B").fill(`${program.url}/runs/${completed.id}/steps/0000000000000001`);
    await page.getByRole("heading", { name: /^They part first at / }).waitFor();
    await asks(page, "b", completed.id);
    expect(complaints).toEqual([]);
  });

  it("are the last that completed and the last that failed, with one click", async () => {
    const { page } = await open(browser, `${program.url}/compare`);
    await page.getByRole("button", { name: "Last completed against last failed" }).click();
    await page.getByRole("heading", { name: /^They part first at / }).waitFor();
    const both = page.getByRole("region", { name: "Both runs" });
    await both.getByRole("row", { name: /^Status completed failed/ }).waitFor();
  });

  it.each(["light", "dark"] as const)(
    "part first where the API says, and each difference is a key away (%s)",
    async (colorScheme) => {
      const { page, complaints } = await open(browser, two(failed.id, completed.id), { colorScheme });
      const diff = await read(`/api/v1/diff?a=${failed.id}&b=${completed.id}`);
      const first = page.getByRole("region", { name: `They part first at ${diff.first_divergence.a.name}` });
      await first.getByText(diff.first_divergence.explanation).waitFor();
      await first.getByRole("rowheader", { name: diff.first_divergence.differences[0].path }).waitFor();
      await page.keyboard.press("]");
      await opened(page).filter({ hasText: diff.data[0].a.name }).waitFor();
      await page.keyboard.press("]");
      await opened(page).filter({ hasText: diff.data[1].a.name }).waitFor();
      expect(await opened(page).count()).toBe(1);
      await page.reload();
      await opened(page).filter({ hasText: diff.data[1].a.name }).waitFor();
      await page.keyboard.press("[");
      await opened(page).filter({ hasText: diff.data[0].a.name }).waitFor();
      await expectAccessible(page);
      expect(complaints).toEqual([]);
    },
  );

  it("show the decisions that flipped, with what each run said of the item", async () => {
    const { page } = await open(browser, `${two(failed.id, completed.id)}&show=flipped`);
    const pair = page.getByRole("article").filter({ hasText: "search" });
    await pair.getByRole("button").click();
    const flips = pair.getByRole("group", { name: "Decisions that flipped" });
    const diff = await read(`/api/v1/diff?a=${failed.id}&b=${completed.id}`);
    const [flip] = diff.data.flatMap((one: { flipped: object[] }) => one.flipped);
    const row = flips.getByRole("row").filter({ hasText: flip.item });
    await row.getByText(flip.a.outcome, { exact: true }).waitFor();
    await row.getByText(flip.b.outcome, { exact: true }).waitFor();
    await row.getByText(flip.a.checks[0]).waitFor();
    await expectAccessible(page);
    await row.getByRole("link", { name: flip.item }).click();
    await page.getByRole("heading", { level: 1, name: flip.item }).waitFor();
  });

  it("are swapped, and narrowed to a way of differing", async () => {
    const { page } = await open(browser, two(failed.id, completed.id));
    await page.getByRole("region", { name: "Both runs" }).waitFor();
    await page.keyboard.press("s");
    await page.getByRole("row", { name: /^Status completed failed/ }).waitFor();
    await asks(page, "a", completed.id);
    await asks(page, "b", failed.id);
    const pairs = page.getByRole("list", { name: "Pairs of steps" }).getByRole("article");
    const before = await pairs.count();
    await page.getByRole("combobox", { name: "In what they differ" }).click();
    await page.getByRole("option", { name: "In outcome" }).click();
    await expect.poll(() => pairs.count(), { timeout: 20_000 }).toBeLessThan(before);
    expect(await pairs.count()).toBeGreaterThan(0);
    await asks(page, "way", "outcome");
  });

  it("that are one, are not there, or hold what should do harm", async () => {
    const { page, complaints } = await open(browser, two(failed.id, failed.id));
    await page.getByRole("heading", { name: "Nothing differs" }).waitFor();
    await page.getByRole("button", { name: "Show the steps" }).click();
    await page.getByRole("list", { name: "Pairs of steps" }).getByRole("article").first().waitFor();
    await page.goto(two(hostile.id, completed.id));
    await page.getByRole("region", { name: "Both runs" }).getByText("<script>", { exact: false }).waitFor();
    expect(await page.title()).not.toBe("1");
    await expectAccessible(page);
    expect(complaints).toEqual([]);
    await page.goto(two("f".repeat(32), completed.id));
    await page.getByRole("alert").getByText("there is no run ffff", { exact: false }).waitFor();
    await expectAccessible(page);
    await page.getByLabel("Run A").fill(failed.id);
    await page.getByRole("heading", { name: /^They part first at / }).waitFor();
  });

  it("are readable on a telephone", async () => {
    const { page } = await open(browser, two(failed.id, completed.id), { viewport: { width: 375, height: 700 } });
    await page.getByRole("heading", { name: /^They part first at / }).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBe(0);
    await expectAccessible(page);
  });
});

describe("two sets", () => {
  it.each(["light", "dark"] as const)(
    "of runs: those that failed against those that completed, field by field (%s)",
    async (colorScheme) => {
      const { page, complaints } = await open(browser, `${program.url}/compare`, { colorScheme });
      await page.getByRole("tab", { name: "Sets of runs" }).click();
      await page.getByRole("heading", { name: "What differs, most first" }).waitFor();
      const { a, data } = await read("/api/v1/compare?of=runs");
      await page.getByRole("region", { name: "Set A" }).getByText(`${a.size} runs`).waitFor();
      const [first] = data;
      const link = await page.getByRole("link", { name: `runs of A by ${first.field}` }).getAttribute("href");
      expect(new URL(link ?? "", program.url).searchParams.get("q")).toMatch(/^\(status == "failed"\) && /);
      await expectAccessible(page);
      expect(complaints).toEqual([]);
    },
  );

  it("of runs by a condition, and what is wrong with it is said at its place", async () => {
    const { page } = await open(browser, `${program.url}/compare?of=runs`);
    const input = page.getByLabel("A: runs of which this holds");
    await input.fill('pipeline == "ä" && statu == "failed"');
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("did you mean `status`?", { exact: false }).waitFor();
    expect(await page.getByRole("alert").locator("mark").textContent()).toBe("statu");
    await expectAccessible(page);
    await input.fill("step_count > 2");
    await page.keyboard.press("Enter");
    await page.getByRole("region", { name: "Set A" }).getByText("step_count > 2").waitFor();
    await asks(page, "a", "step_count > 2");
    await input.fill('pipeline == "none"');
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "A is empty" }).waitFor();
  });

  it("of items: what a function eliminated against what it kept", async () => {
    const { page } = await open(browser, `${program.url}/compare?of=items`);
    await page.getByRole("heading", { name: "Of which step?" }).waitFor();
    await page.getByRole("combobox", { name: "Function" }).click();
    await page.getByRole("option", { name: "search", exact: true }).click();
    await page.getByText("checks.shared", { exact: true }).waitFor();
    await page.getByRole("region", { name: "Set B" }).getByText("kept").waitFor();
    await expectAccessible(page);
  });

  it("of items of one step, and readable on a telephone", async () => {
    const { data } = await read(`/api/v1/steps?q=${encodeURIComponent('name == "search"')}&limit=1`);
    const [{ run, id }] = data;
    const { page } = await open(browser, `${program.url}/compare?of=items&run=${run}&step=${id}`, {
      viewport: { width: 375, height: 700 },
    });
    await page.getByRole("link", { name: "one step" }).waitFor();
    await page.getByRole("region", { name: "Set A" }).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBe(0);
    await expectAccessible(page);
  });
});
