import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RunRow, StepRow } from "../src/api/types";
import { filter, run as madeRun, step } from "../src/views/run/fixture";
import { expectAccessible, launch, open } from "./browser";
import { type Program, start } from "./program";

let browser: Browser;
let program: Program;
let films: RunRow[];
beforeAll(async () => {
  [browser, program] = await Promise.all([launch(), start("movies")]);
  films = await ended();
});
afterAll(async () => {
  await browser?.close();
  await program?.stop();
});

/** The runs of the program, when the last of them is over. */
async function ended(): Promise<RunRow[]> {
  for (;;) {
    const response = await fetch(`${program.url}/api/v1/runs?pipeline=pick_films`);
    const { data }: { data: RunRow[] } = await response.json();
    if (data.length === 12 && data.every((run) => run.status !== "running")) return data;
    await new Promise((again) => setTimeout(again, 50));
  }
}

const first = (wanted: (run: RunRow) => boolean): string => {
  const found = films.find(wanted);
  if (!found) throw new Error("the program has no such run");
  return found.id;
};
const good = () => first((run) => run.status === "completed");
const bad = () => first((run) => run.outcome === "panicked");

const at = (run: string, search = "") => `${program.url}/runs/${run}${search}`;
const grid = (page: Page) => page.getByRole("treegrid", { name: "Steps" });
const row = (page: Page, name: string) => grid(page).getByRole("row").filter({ hasText: name });
const inAddress = (page: Page, text: string) => page.waitForURL((url) => decodeURIComponent(url.search).includes(text));
const notInAddress = (page: Page, text: string) =>
  page.waitForURL((url) => !decodeURIComponent(url.search).includes(text));

async function expectAccessibleInBoth(page: Page) {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.locator(`html[data-theme=${colorScheme}]`).waitFor();
    await expectAccessible(page);
  }
}

const expectNoSideways = async (page: Page) =>
  expect(
    await page.evaluate(() => {
      const main = document.querySelector("main");
      return [document.documentElement, main].filter((it) => it && it.scrollWidth > it.clientWidth).length;
    }),
  ).toBe(0);

/** Answers for a run that no program made. `steps` may change while the page is open. */
async function made(page: Page, run: () => RunRow, steps: () => StepRow[]) {
  const { id } = run();
  await page.route(`**/api/v1/runs/${id}*`, async (route) => {
    const parameters = new URL(route.request().url()).searchParams;
    const after = Number(parameters.get("steps_after") ?? 0);
    const end = after + Number(parameters.get("limit") ?? 100);
    const data = steps().slice(after, end);
    const next_cursor = end < steps().length ? String(end) : null;
    await route.fulfill({ json: { run: run(), steps: { data, next_cursor } } });
  });
  await page.route(`**/api/v1/runs/${id}/steps/**`, (route) => {
    const id = new URL(route.request().url()).pathname.split("/").at(-1);
    return route.fulfill({ json: { ...steps().find((step) => step.id === id), run: run().id } });
  });
  await page.goto(at(id));
}

it("the first screen says what each step did with its items, and a drop leads to its decisions", async () => {
  const { page, complaints } = await open(browser, at(good()));
  await page.getByRole("heading", { level: 1, name: "pick_films" }).waitFor();
  const rated = await row(page, "rated").textContent();
  expect(rated).toMatch(/rated.*filter.*→.*\d%/);
  await page.getByText("arguments").waitFor();
  await page.getByRole("region", { name: "Biggest drops" }).waitFor();
  await expectAccessibleInBoth(page);
  const drop = page.getByRole("link", { name: /rated film.rating >= rating.at_least/ });
  const address = new URL((await drop.getAttribute("href")) ?? "", page.url());
  expect(address.searchParams.get("outcome")).toBe("eliminated");
  expect(address.searchParams.get("reason")).toBe("film.rating >= rating.at_least");
  await drop.click();
  await page.waitForURL(`**${address.pathname}**`);
  expect(complaints).toEqual([]);
});

it("the waterfall is walked with the keyboard, and the address holds what is open and folded", async () => {
  const { page, complaints } = await open(browser, at(good()));
  await row(page, "rank").first().waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await grid(page).focus();
  await expect.poll(() => grid(page).getByRole("row", { selected: true }).textContent()).toContain("search");
  await page.keyboard.press("Enter");
  const panel = page.getByRole("region", { name: "Step", exact: true });
  await panel.getByText("search").first().waitFor();
  await inAddress(page, "step=");
  await expectAccessibleInBoth(page);
  const before = page.url();
  await grid(page).focus();
  await page.keyboard.press("j");
  await page.waitForURL((url) => url.href !== before);
  await panel.getByText("read_seen_list").first().waitFor();
  await page.keyboard.press("Escape");
  await notInAddress(page, "step=");
  expect(await panel.count()).toBe(0);

  // To the first step, which is folded and unfolded.
  await grid(page).focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowLeft");
  await row(page, "read_wish").waitFor({ state: "detached" });
  await inAddress(page, "toggled");
  await page.reload();
  await row(page, "pick_films").waitFor();
  expect(await row(page, "read_wish").count()).toBe(0);
  await grid(page).focus();
  await page.keyboard.press("ArrowRight");
  await row(page, "read_wish").waitFor();
  await page.getByRole("button", { name: "Fold all" }).click();
  await row(page, "score_all").waitFor({ state: "detached" });
  expect(await row(page, "read_wish").count()).toBe(1);
  expect(complaints).toEqual([]);
});

it("a search shows what it finds and the way there; errors are gone through by keys", async () => {
  const { page } = await open(browser, at(bad()));
  await row(page, "select").waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("score");
  await page.getByText("1 found").waitFor();
  await row(page, "read_wish").waitFor({ state: "detached" });
  expect(await grid(page).locator("mark").allTextContents()).toEqual(["score"]);
  expect(await row(page, "rank").count()).toBeGreaterThan(0);
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowDown");
  expect(await grid(page).getByRole("row", { selected: true }).textContent()).toContain("score_all");
  await page.getByRole("searchbox").fill("no such step");
  await page.getByRole("heading", { name: "No step is like that" }).waitFor();
  await expectAccessibleInBoth(page);
  await page.getByRole("searchbox").press("Escape");
  await row(page, "read_wish").waitFor();

  await grid(page).focus();
  await page.keyboard.press("]");
  const chosen = grid(page).getByRole("row", { selected: true });
  expect(await chosen.textContent()).toContain("✕ panicked");
  expect(await chosen.textContent()).toContain("select");
  await page.keyboard.press("[");
  expect(await chosen.textContent()).toContain("pick_films");
  await page.keyboard.press("e");
  await row(page, "read_wish").waitFor({ state: "detached" });
  await inAddress(page, "errors=true");
});

it("time is zoomed with keys, with the wheel, and by dragging over the overview", async () => {
  const { page } = await open(browser, at(good()));
  await row(page, "rank").first().waitFor();
  await page.keyboard.press("+");
  await inAddress(page, "from=");
  const range = () => {
    const search = new URL(page.url()).searchParams;
    return Number(search.get("to")) - Number(search.get("from"));
  };
  const once = range();
  await page.keyboard.press("+");
  await page.waitForURL(() => range() < once);
  expect(range()).toBeCloseTo(once / 2, -1);
  await page.keyboard.press("0");
  await notInAddress(page, "from=");
  await grid(page).focus();
  await page.keyboard.press("j");
  await page.keyboard.press("z");
  await inAddress(page, "from=");
  expect(range()).toBeLessThan(once / 10);
  await page.keyboard.press("0");
  await notInAddress(page, "from=");

  const overview = await page.getByRole("img", { name: /The whole run/ }).boundingBox();
  if (!overview) throw new Error("no overview");
  const [x, y] = [overview.x, overview.y + overview.height / 2];
  await page.mouse.move(x + overview.width / 4, y);
  await page.mouse.down();
  await page.mouse.move(x + overview.width / 2, y);
  await page.mouse.up();
  await inAddress(page, "from=");
  const quarter = range();
  await page.reload();
  await page.getByRole("img", { name: /of which/ }).waitFor();
  const axis = await page.getByRole("columnheader", { name: "When" }).boundingBox();
  if (!axis) throw new Error("no axis");
  await page.mouse.move(axis.x + axis.width / 2, axis.y + 60);
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -200);
  await page.keyboard.up("Control");
  await page.waitForURL(() => range() < quarter);
});

it("the funnel is drawn with links for drops, is a table too, and at 375 px that alone", async () => {
  const { page, complaints } = await open(browser, at(good(), "?show=funnel"));
  const drop = page.getByRole("link", { name: /^rated: −[\d,]+ film.rating >= rating.at_least$/ });
  await drop.waitFor();
  await expectAccessibleInBoth(page);
  const href = await drop.getAttribute("href");
  expect(href).toContain("reason=film.rating");
  await page.getByRole("link", { name: /^voted_for / }).click();
  await inAddress(page, "step=");
  await page.keyboard.press("Escape");

  await page.getByRole("button", { name: "As a table" }).click();
  const table = page.getByRole("table", { name: "What each step did with its items" });
  const line = table.getByRole("row").filter({ hasText: "rated" });
  expect(await line.getByRole("link", { name: /film.rating/ }).getAttribute("href")).toBe(href);
  await expectAccessibleInBoth(page);
  await page.getByRole("button", { name: "As a table" }).click();
  await page.setViewportSize({ width: 375, height: 812 });
  await table.waitFor();
  await expectNoSideways(page);
  await expectAccessibleInBoth(page);

  await page.setViewportSize({ width: 1360, height: 850 });
  await drop.focus();
  await page.keyboard.press("Enter");
  await page.waitForURL("**/steps/**");
  expect(complaints).toEqual([]);
});

it("items are filtered by fate and by text, and lead to their way through this run", async () => {
  const { page, complaints } = await open(browser, at(good(), "?show=items&fate=kept"));
  const items = page.getByRole("grid", { name: "Items" });
  await items.getByText("kept").first().waitFor();
  expect(await items.getByText("eliminated").count()).toBe(0);
  await expectAccessibleInBoth(page);
  await page.getByRole("combobox", { name: "Fate" }).click();
  await page.getByRole("option", { name: "Eliminated", exact: true }).click();
  await inAddress(page, "fate=eliminated");
  await items.focus();
  await page.keyboard.press("/");
  await page.keyboard.type("voted_for");
  await page.getByText(/\d+ found of [\d,]+ items/).waitFor();
  const ends = await items.getByRole("row").nth(1).textContent();
  expect(ends).toContain("film.votes >= votes.at_least");
  const link = items.getByRole("link").first();
  expect(await link.getAttribute("href")).toContain(`run=${good()}`);
  await page.getByRole("searchbox").fill("nothing is called that");
  await page.getByRole("heading", { name: "No item is like that" }).waitFor();
  await page.getByRole("searchbox").fill("");
  await link.waitFor();
  await link.click();
  await page.waitForURL("**/items/**");
  expect(complaints).toEqual([]);
});

it("a run is pinned, compared with the one before, taken along and named", async () => {
  const { page, complaints } = await open(browser, at(good()));
  await page.getByRole("button", { name: "Pin" }).click();
  await page.getByRole("button", { name: "Pinned", pressed: true }).waitFor();
  await page.reload();
  await page.getByRole("button", { name: "Pinned", pressed: true }).click();
  await page.getByRole("button", { name: "Pin", pressed: false }).waitFor();

  const compare = page.getByRole("link", { name: "Compare with the run before" });
  const { searchParams } = new URL((await compare.getAttribute("href")) ?? "", page.url());
  expect([searchParams.get("a"), searchParams.get("b")]).toEqual([
    films[films.findIndex((run) => run.id === good()) + 1]?.id,
    good(),
  ]);

  await page.getByRole("button", { name: "Copy id" }).click();
  await page.getByText("Copied").waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(good());

  await page.getByRole("button", { name: "Export" }).click();
  const csv = page.getByRole("menuitem", { name: "Steps, as a table (CSV)" });
  const table = await page.request.get(new URL((await csv.getAttribute("href")) ?? "", page.url()).href);
  expect((await table.text()).trim().split("\n")).toHaveLength(14);
  await expectAccessibleInBoth(page);
  await page.keyboard.press("Escape");

  await page.getByRole("button", { name: "All of the result" }).click();
  const dialog = page.getByRole("dialog", { name: "result" });
  await dialog.getByText(/"title"/).waitFor();
  await expectAccessibleInBoth(page);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  expect(complaints).toEqual([]);
});

it("everything fits into 375 px, and the step is below", async () => {
  for (const search of ["", "?show=items"]) {
    const { page } = await open(browser, at(bad(), search), { viewport: { width: 375, height: 812 } });
    await page
      .getByRole(search ? "grid" : "treegrid")
      .getByRole("row")
      .nth(2)
      .waitFor();
    await expectNoSideways(page);
    await expectAccessibleInBoth(page);
  }
  const { page } = await open(browser, at(bad()), { viewport: { width: 375, height: 812 } });
  await row(page, "read_wish").click();
  const panel = page.getByRole("region", { name: "Step", exact: true });
  await panel.getByText("read_wish").first().waitFor();
  const [above, below] = [await grid(page).boundingBox(), await panel.boundingBox()];
  expect(below?.y).toBeGreaterThanOrEqual((above?.y ?? 0) + (above?.height ?? 0));
  await expectNoSideways(page);
});

it("the panel beside is as wide as one wants, with keys too", async () => {
  const { page } = await open(browser, at(good()));
  await row(page, "read_wish").click();
  const handle = page.getByRole("separator", { name: "Width of Step" });
  const before = Number(await handle.getAttribute("aria-valuenow"));
  await handle.focus();
  await page.keyboard.press("ArrowLeft");
  expect(Number(await handle.getAttribute("aria-valuenow"))).toBe(before + 32);
  const box = await handle.boundingBox();
  if (!box) throw new Error("no handle");
  await page.mouse.move(box.x + box.width / 2, box.y + 200);
  await page.mouse.down();
  await page.mouse.move(box.x - 100, box.y + 200);
  await page.mouse.up();
  expect(Number(await handle.getAttribute("aria-valuenow"))).toBeGreaterThan(before + 32);
});

it("an address that names no run says what is wrong", async () => {
  const { page } = await open(browser, at("0".repeat(32)));
  await page.getByRole("heading", { name: "There is no such thing" }).waitFor();
  await expectAccessible(page);
  await page.goto(at("nonsense"));
  await page.getByText("an id is 32 hexadecimal digits").waitFor();
  await page.goto(at(good(), "?show=nothing&from=9&to=2&step=%5B1%5D&level=x&toggled=7&fate=who&scale=huge"));
  await row(page, "rated").waitFor();
  await page.goto(at(good(), "?step=%22ffffffffffffffff%22"));
  await page.getByRole("heading", { name: "This run has no such step" }).waitFor();
  await expectAccessible(page);
});

it("a run that was removed says when and why", async () => {
  const { page } = await open(browser, program.url);
  const removed_at = "2026-01-02T03:04:05.000000000Z";
  const detail = "it was removed: there were more runs than are kept";
  await page.route(`**/api/v1/runs/${madeRun().id}*`, (route) =>
    route.fulfill({
      status: 410,
      json: { status: 410, code: "run_is_gone", title: "Gone", detail, removed_at, limit: "runs" },
    }),
  );
  await page.goto(at(madeRun().id));
  await page.getByRole("heading", { name: "This run was removed" }).waitFor();
  await page.getByText(detail).waitFor();
  expect(await page.locator("time").getAttribute("datetime")).toBe(removed_at);
  await expectAccessible(page);

  // One that is removed while it is looked at stays in sight.
  const other = madeRun({ id: `${"0".repeat(31)}2` });
  await made(
    page,
    () => other,
    () => [step("root", null, [0, 100])],
  );
  await row(page, "root").waitFor();
  await page.route(`**/api/v1/runs/${other.id}?*`, (route) =>
    route.fulfill({ status: 410, json: { status: 410, detail } }),
  );
  await page.getByRole("button", { name: "Pin" }).click();
  await page.getByText("This run was removed: what is shown was loaded before.").waitFor();
  expect(await row(page, "root").count()).toBe(1);
});

it("a run that goes on is followed until it ends", async () => {
  const { page } = await open(browser, program.url);
  const open_ = { outcome: "open", duration_ns: null } as const;
  let run = madeRun({ status: "running", outcome: "open", ended_at: null, ended_ns: null, duration_ns: null });
  let steps = [step("root", null, [0, 0], open_)];
  await made(
    page,
    () => run,
    () => steps,
  );
  await page.getByText("still running").waitFor();
  await row(page, "root").getByText("… open").waitFor();
  await expectAccessibleInBoth(page);
  steps = [step("root", null, [0, 100]), step("late", "root", [10, 20])];
  run = madeRun();
  await row(page, "late").waitFor();
  await page.getByText("… open").waitFor({ state: "detached" });
  await page.getByText("completed").waitFor();
});

it("what is missing or doubtful is said: a crash, lost events, an orphan, no steps", async () => {
  const { page } = await open(browser, program.url);
  const crashed = madeRun({
    status: "crashed",
    outcome: "open",
    lost_events: 3,
    orphan: true,
    misfits: 1,
    duration_ns: null,
  });
  let steps = [step("root", null, [0, 0], { outcome: "open", duration_ns: null }), step("a", "root", [5, 9])];
  await made(
    page,
    () => crashed,
    () => steps,
  );
  await page.getByText("3 events of this run were lost").waitFor();
  await page.getByText("Its process died").waitFor();
  await page.getByText("a step that lost its context").waitFor();
  await row(page, "root").getByText("… open").waitFor();
  await expectAccessibleInBoth(page);
  await page.goto(`${at(crashed.id)}?show=funnel`);
  await page.getByRole("heading", { name: "No items went through this run" }).waitFor();
  await expectAccessible(page);
  steps = [];
  await page.goto(at(crashed.id));
  await page.getByRole("heading", { name: "No steps" }).waitFor();
  await expectAccessible(page);
});

it("names and reasons that are code remain text", async () => {
  const { page, complaints } = await open(browser, program.url);
  const hostile = `<img src=x onerror="document.title='broken'"><script>1</script>\u202e\u0007javascript:alert(1)`;
  const run = madeRun({ pipeline: hostile, error: hostile, status: "failed", outcome: "err" });
  const steps = [
    step("root", null, [0, 100], { name: hostile }),
    filter("a", "root", [10, 20], 9, { [hostile]: 4 }, { name: hostile, kind: hostile }),
  ];
  await made(
    page,
    () => run,
    () => steps,
  );
  await row(page, "<script>").nth(1).waitFor();
  await page.getByRole("searchbox").fill("<img");
  await page.getByText("2 found").waitFor();
  expect(await grid(page).locator("mark").first().textContent()).toBe("<img");
  await page.goto(`${at(run.id)}?show=funnel`);
  await page.getByRole("link", { name: "−4" }).waitFor();
  expect(await page.locator("main img, main script").count()).toBe(0);
  expect(await page.title()).toContain("<img");
  expect(complaints).toEqual([]);
});

it("of ten thousand steps those in sight are in the page, and the last is a key away", async () => {
  const { page } = await open(browser, program.url);
  const ms = 1_000_000;
  const many = Array.from({ length: 9_999 }, (_, index) =>
    step(`s${index}`, index % 100 === 0 ? "root" : `s${index - 1}`, [index * ms, (index + 1) * ms], { line: index }),
  );
  const run = madeRun({ steps: 10_000 });
  const steps = [step("root", null, [0, 10_000 * ms]), ...many];
  await made(
    page,
    () => run,
    () => steps,
  );
  await row(page, "root").waitFor();
  await expect.poll(() => grid(page).getAttribute("aria-rowcount")).toBe("10001");
  expect(await grid(page).getByRole("row").count()).toBeLessThan(100);
  await grid(page).focus();
  await page.keyboard.press("End");
  await row(page, "s9998").waitFor();
  await expectAccessible(page);
  await page.getByRole("searchbox").fill("s5000");
  await page.getByText("1 found").waitFor();
  expect(await row(page, "s5000").count()).toBe(1);
}, 180_000);

it("when the program ends, what was loaded stays, and the page says so", async () => {
  const other = await start("competitors");
  const answer = await fetch(`${other.url}/api/v1/runs?pipeline=find_competitor&limit=1`);
  const { data }: { data: RunRow[] } = await answer.json();
  const { page } = await open(browser, `${other.url}/runs/${data[0]?.id}`);
  await grid(page).waitFor();
  await page.route("**/api/**", (route) => route.abort());
  await page.route("**/health", (route) => route.abort());
  await other.kill();
  await page.getByRole("button", { name: "Pin" }).click();
  await page.getByText("does not answer").first().waitFor();
  expect(await grid(page).getByRole("row").count()).toBeGreaterThan(1);
  await expectAccessible(page);
});
