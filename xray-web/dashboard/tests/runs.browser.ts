import type { Browser, Page, Route } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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

const grid = (page: Page) => page.getByRole("grid", { name: "Runs" });
const rows = (page: Page) =>
  grid(page)
    .getByRole("row")
    .filter({ has: page.getByRole("gridcell") });
const row = (page: Page, text: string | RegExp) => rows(page).filter({ hasText: text });
const search = (page: Page) => new URL(page.url()).searchParams;
const query = (page: Page) => page.getByRole("textbox", { name: "Query", exact: true });
const map = (page: Page) => page.getByRole("application", { name: /^How long runs took/ });

async function openRuns(address = "/", options = {}) {
  const opened = await open(browser, `${program.url}${address}`, options);
  return { ...opened, page: opened.page };
}

/** Waits until the editor has taken the place of the plain text box. */
async function write(page: Page, text: string) {
  await query(page).click();
  await page.locator("[data-query]:not(input)").waitFor();
  await page.keyboard.press("Control+a");
  await page.keyboard.type(text);
}

const count = (page: Page, runs: number) =>
  page.waitForFunction(
    (runs) => document.querySelector('[role="grid"]')?.getAttribute("aria-rowcount") === `${runs + 1}`,
    runs,
  );

describe("the list of runs", () => {
  it.each(["light", "dark"] as const)("says what became of each, newest first, in %s", async (colorScheme) => {
    const { page, complaints } = await openRuns("/", { colorScheme });
    await count(page, 21);
    const first = rows(page).first();
    await row(page, "3,200 → 1").first().waitFor();
    expect(await first.textContent()).toMatch(/^failedfind_competitor/);
    expect(await row(page, "3,200 → 0").first().textContent()).toContain(">99.9%");
    await map(page).waitFor();
    await page.getByText("8 completed").waitFor();
    await page.getByText("Live", { exact: true }).waitFor();
    await expectAccessible(page);
    expect(complaints).toEqual([]);
  });

  it("opens a run with the keys alone", async () => {
    const { page } = await openRuns();
    await rows(page).first().waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    const id = await grid(page).locator('[aria-selected="true"] code').first().getAttribute("title");
    expect(await rows(page).nth(1).locator("code").first().getAttribute("title")).toBe(id);
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/runs/${id}`);
    await page.goBack();
    await rows(page).first().waitFor();
  });

  it("has the columns that are chosen, and the address keeps them", async () => {
    const { page } = await openRuns();
    await rows(page).first().waitFor();
    await page.getByRole("button", { name: "Columns" }).click();
    await page.getByRole("menuitemcheckbox", { name: "Level" }).click();
    await page.getByRole("menuitemcheckbox", { name: "Status" }).click();
    await expectAccessible(page);
    await page.keyboard.press("Escape");
    await page.getByRole("columnheader", { name: "Level" }).waitFor();
    await page.reload();
    await page.getByRole("columnheader", { name: "Level" }).waitFor();
    expect(await page.getByRole("columnheader", { name: "Status" }).count()).toBe(0);
    expect(await row(page, "full").count()).toBeGreaterThan(0);
  });

  it("is sorted by what is loaded, where that is everything", async () => {
    const { page } = await openRuns();
    await row(page, "find_competitor").first().waitFor();
    await page.getByRole("button", { name: "Duration" }).click();
    await page.locator('[aria-sort="descending"]').waitFor();
    await row(page, "load_catalog").waitFor();
    expect(await rows(page).first().textContent()).toContain("load_catalog");
  });

  it("fits a small screen, and scrolls inside itself", async () => {
    const { page, complaints } = await openRuns("/?status=failed", { viewport: { width: 375, height: 800 } });
    await rows(page).first().waitFor();
    await map(page).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375);
    expect(await page.evaluate(() => document.querySelector("main")?.scrollWidth)).toBe(375);
    await expectAccessible(page);
    expect(complaints).toEqual([]);
  });
});

describe("filters", () => {
  it("are in the address, can be dropped one by one, and Back brings them back", async () => {
    const { page } = await openRuns();
    await count(page, 21);
    await page.getByRole("combobox", { name: "Status" }).click();
    await page.getByRole("option", { name: "completed" }).click();
    await count(page, 8);
    await page.getByRole("combobox", { name: "Pipeline" }).click();
    await page.getByRole("option", { name: "load_catalog" }).click();
    await count(page, 1);
    expect(Object.fromEntries(search(page))).toEqual({ status: "completed", pipeline: "load_catalog" });
    await page.getByRole("button", { name: "Drop status completed" }).click();
    await page.waitForURL((url) => !url.searchParams.has("status"));
    await page.getByRole("button", { name: "Drop pipeline load_catalog" }).click();
    await count(page, 21);
    await page.goBack();
    await count(page, 1);
  });

  it("search pipelines, errors and ids, from the key on", async () => {
    const { page } = await openRuns();
    await rows(page).first().waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("KUNG fu");
    await count(page, 1);
    expect(await rows(page).first().textContent()).toContain("Kung Fu Panda");
    const id = await rows(page).first().locator("code").getAttribute("title");
    await page.getByRole("searchbox").fill(id?.slice(-8) ?? "none");
    await page.waitForURL((url) => url.searchParams.get("text") === id?.slice(-8));
    await count(page, 1);
  });

  it("of time: presets, and from – to", async () => {
    const { page } = await openRuns();
    await page.getByRole("combobox", { name: "Time" }).click();
    await page.getByRole("option", { name: "Last hour" }).click();
    await page.waitForURL((url) => url.searchParams.get("last") === "1h");
    await count(page, 21);
    await page.getByRole("combobox", { name: "Time" }).click();
    await page.getByRole("option", { name: "From – to" }).click();
    await page.getByLabel("Before").fill("2020-01-02T03:04:05");
    await page.getByRole("heading", { name: "No run matches" }).waitFor();
    expect(search(page).get("before")).toMatch(/^2020-01-0[123]T\d\d:04:05.000Z$/);
  });

  it("that find nothing say which to drop", async () => {
    const { page, complaints } = await openRuns("/?status=crashed&text=king");
    await page.getByRole("heading", { name: "No run matches" }).waitFor();
    const without = page.getByRole("listitem").filter({ hasText: "without it" });
    await without.filter({ hasText: "Drop search king" }).getByText("0 runs without it").waitFor();
    await without
      .filter({ hasText: "Drop status crashed" })
      .getByText(/^[1-9]\d* runs? without it/)
      .waitFor();
    await expectAccessible(page);
    await page.getByRole("main").getByRole("button", { name: "Drop status crashed" }).last().click();
    await rows(page).first().waitFor();
    expect(complaints).toEqual([]);
  });

  it("that nobody could have chosen are left out", async () => {
    const { page, complaints } = await openRuns("/?status=broken&last=3&from=yesterday&min=-1&marked=%3Cb%3E&columns=");
    await count(page, 21);
    expect(complaints).toEqual([]);
  });
});

describe("the query box", () => {
  it("completes what can be written, and asks on Enter", async () => {
    const { page, complaints } = await openRuns();
    await write(page, "steps.ex");
    await page.getByRole("option", { name: /^exists\(x, condition\)/ }).waitFor();
    await page.keyboard.type("ists(s, s.na");
    await page.getByRole("option", { name: /^name/ }).waitFor();
    await expectAccessible(page);
    await page.keyboard.press("Tab");
    await page.keyboard.type(" == ");
    await page.keyboard.type('"look');
    await page.getByRole("option", { name: '"look_up"' }).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.type(" && s.failed)");
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.searchParams.get("q") === 'steps.exists(s, s.name == "look_up" && s.failed)');
    await row(page, "Kung Fu Panda").waitFor();
    expect(complaints).toEqual([]);
  });

  it("marks what is wrong at the character, whatever else is asked for", async () => {
    const { page } = await openRuns("/?status=failed");
    await rows(page).first().waitFor();
    await write(page, 'pipeline != "é😀" && statsu == "failed"');
    await page.keyboard.press("Escape");
    await page.keyboard.press("Enter");
    await page.getByText("did you mean `status`?").waitFor();
    expect(await page.locator(".cm-wrong").textContent()).toBe("statsu");
    expect(await query(page).getAttribute("aria-invalid")).toBe("true");
    await expectAccessible(page);
    await page.keyboard.press("End");
    await page.keyboard.type(" ");
    await page.locator(".cm-wrong").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Go on without it" }).click();
    await count(page, 13);
    expect(await query(page).textContent()).not.toContain("statsu");
  });

  it("is a text box while the editor cannot be loaded", async () => {
    const { page } = await open(browser, `${program.url}/steps`);
    await page.route(/Editor-.*\.js$/, (route) => route.abort());
    await page.goto(program.url);
    await page.locator("input[data-query]").fill('status == "completed"');
    await page.keyboard.press("Enter");
    await count(page, 8);
  });

  it("takes over in the middle of a word", async () => {
    const { page } = await open(browser, `${program.url}/steps`);
    await page.route(/Editor-.*\.js$/, async (route) => {
      await new Promise((done) => setTimeout(done, 300));
      await route.continue();
    });
    await page.goto(program.url);
    await query(page).click();
    for (let at = 0; (await page.locator("input[data-query]").count()) > 0; at += 1)
      await page.keyboard.type(String(at % 10));
    const begun = await query(page).textContent();
    await page.keyboard.type(" == steps");
    expect(begun).toBe("0123456789".repeat(100).slice(0, Math.max(3, begun?.length ?? 0)));
    expect(await query(page).textContent()).toBe(`${begun} == steps`);
  });

  it("stays in one line", async () => {
    const { page } = await openRuns();
    await write(page, "");
    await page.evaluate(() => navigator.clipboard.writeText('status ==\n  "failed"'));
    await page.keyboard.press("Control+v");
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.searchParams.get("q") === 'status == "failed"');
  });
});

describe("the heatmap", () => {
  it("selects a time and durations with the keys", async () => {
    const { page } = await openRuns();
    await count(page, 21);
    await map(page).focus();
    // The catalog is loaded first, and takes longest.
    for (let row = 0; row < 14; row += 1) await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Shift+ArrowDown");
    await page.getByText(/: 1 run$/).waitFor();
    await page.keyboard.press("Enter");
    await row(page, "load_catalog").waitFor();
    await count(page, 1);
    expect(search(page).has("min") && search(page).has("before")).toBe(true);
    await page.goBack();
    await count(page, 21);
  });

  it("and by dragging; its numbers are in a table, too", async () => {
    const { page } = await openRuns();
    await count(page, 21);
    const box = await map(page).boundingBox();
    if (!box) throw new Error("the map has no place");
    await page.mouse.move(box.x + 60, box.y + 10);
    await page.mouse.down();
    await page.mouse.move(box.x + 90, box.y + box.height - 30, { steps: 5 });
    await page.mouse.up();
    await count(page, 1);
    expect(search(page).has("from") && search(page).has("before")).toBe(true);
    await page.getByRole("button", { name: "As a table" }).click();
    await page.getByRole("dialog").getByRole("row").nth(1).waitFor();
    await expectAccessible(page);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  });
});

describe("what can be done with runs", () => {
  it("two are compared", async () => {
    const { page } = await openRuns();
    await rows(page).first().waitFor();
    await grid(page).focus();
    await page.keyboard.press("x");
    await page.getByRole("button", { name: "Choose one more to compare" }).waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    await page.getByRole("button", { name: "Compare 2 runs" }).waitFor();
    await expectAccessible(page);
    const ids = search(page).get("marked")?.split(",");
    expect(ids).toHaveLength(2);
    await page.getByRole("button", { name: "Compare 2 runs" }).click();
    await page.waitForURL("**/compare**");
  });

  it("one is pinned, and let go of", async () => {
    const { page } = await openRuns();
    await rows(page).first().waitFor();
    await grid(page).focus();
    await page.keyboard.press("p");
    const pin = rows(page).first().getByRole("button", { name: /^Pin/, pressed: true });
    await pin.waitFor();
    await page.reload();
    await pin.click();
    await rows(page).first().getByRole("button", { name: /^Pin/, pressed: false }).waitFor();
  });
});

type Fake = { id: string; pipeline: string; status: string; error?: string };
const MOMENT = "2026-03-04T12:00:00.000000000Z";
const fake = ({ id, pipeline, status, error }: Fake, at = MOMENT) => ({
  id: id.padStart(32, "0"),
  pipeline,
  status,
  outcome: "open",
  started_at: at,
  started_ns: 0,
  ended_at: null,
  duration_ns: status === "running" ? null : 1_000,
  steps: 1,
  failures: 0,
  lost_events: 0,
  error: error ?? null,
  parent: null,
  orphan: false,
  level: "full",
  schema: null,
  misfits: 0,
  pinned: false,
});
const page = (data: unknown[], next_cursor: string | null = null) => JSON.stringify({ data, next_cursor });
const json = (body: string) => ({ contentType: "application/json", body });

/** A page of which the test says what the program answers: the list, and what happens. */
async function told(list: () => ReturnType<typeof fake>[], options = {}) {
  const opened = await open(browser, `${program.url}/steps`, options);
  let tell: ((route: Route) => void) | undefined;
  const waiting: string[] = [];
  const pending: Route[] = [];
  const next = () => {
    while (waiting.length > 0 && pending.length > 0) {
      const body = `retry: 10\n\n${waiting.shift()}`;
      pending
        .shift()
        ?.fulfill({ contentType: "text/event-stream", body })
        .catch(() => {});
    }
  };
  tell = (route) => {
    pending.push(route);
    next();
  };
  await opened.page.route("**/api/v1/live**", (route) => tell?.(route));
  await opened.page.route("**/api/v1/runs?**", (route) => route.fulfill(json(page(list()))));
  await opened.page.goto(program.url);
  return {
    ...opened,
    say: (event: string, data: unknown) => {
      waiting.push(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
      next();
    },
  };
}

describe("as it happens", () => {
  it("a run appears on top, and changes in place", async () => {
    const list = [fake({ id: "a", pipeline: "first", status: "completed" })];
    const { page, say } = await told(() => list);
    await row(page, "first").waitFor();
    const begun = fake({ id: "b", pipeline: "second", status: "running" }, "2026-03-04T12:00:05.000000000Z");
    say("run", begun);
    await row(page, /^running.*second/).waitFor();
    expect(await rows(page).first().textContent()).toContain("second");
    list.unshift(begun);
    say("run", { ...begun, status: "failed", error: "it broke" });
    await row(page, /^failed.*second.*it broke/).waitFor();
    expect(await rows(page).count()).toBe(2);
  });

  it("paused, runs wait, and are counted", async () => {
    const list = [fake({ id: "a", pipeline: "first", status: "completed" })];
    const { page, say } = await told(() => list);
    await row(page, "first").waitFor();
    await page.keyboard.press("l");
    say("run", fake({ id: "b", pipeline: "second", status: "running" }));
    await page.getByRole("button", { name: "Paused: 1 run waits" }).waitFor();
    expect(await row(page, "second").count()).toBe(0);
    await page.getByRole("button", { name: "Paused: 1 run waits" }).click();
    await row(page, "second").waitFor();
  });

  it("what was dropped is asked for", async () => {
    const list = [fake({ id: "a", pipeline: "first", status: "completed" })];
    const { page, say } = await told(() => list);
    await row(page, "first").waitFor();
    say("run", fake({ id: "b", pipeline: "second", status: "running" }));
    await row(page, "second").waitFor();
    list.unshift(fake({ id: "c", pipeline: "third", status: "completed" }));
    say("dropped", { events: 3, restarted: false });
    await row(page, "third").waitFor();
    await row(page, "second").waitFor({ state: "detached" });
  });

  it("an empty store says how it is filled, and is left when the first run begins", async () => {
    const { page, say, complaints } = await told(() => []);
    await page.getByRole("heading", { name: "No run was recorded yet" }).waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Copy the program" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain("#[xray::run]");
    say("run", fake({ id: "b", pipeline: "second", status: "running" }));
    await row(page, "second").waitFor();
    expect(complaints).toEqual([]);
  });

  it("what was captured is shown as text", async () => {
    const evil = "<script>alert(1)</script><img src=x onerror=alert(1)>\u202e\u0000";
    const { page, complaints } = await told(() => [fake({ id: "a", pipeline: evil, status: "failed", error: evil })]);
    await row(page, "<script>alert(1)</script>").waitFor();
    await page.getByRole("combobox", { name: "Status" }).waitFor();
    expect(await page.locator("img[src], script:not([src])").count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});

it("a hundred thousand runs scroll, and few of them are in the document", async () => {
  const ALL = 100_000;
  const LOADED = 400;
  const { page: tab, complaints } = await open(browser, `${program.url}/steps`);
  const asked: number[] = [];
  await tab.route("**/api/v1/runs?**", (route) => {
    const from = Number(new URL(route.request().url()).searchParams.get("cursor") ?? 0);
    asked.push(from);
    const some = Array.from({ length: 200 }, (_, index) =>
      fake({ id: `${from + index}`, pipeline: `run number ${from + index}`, status: "completed" }),
    );
    route.fulfill(json(page(some, from + 200 < ALL ? `${from + 200}` : null)));
  });
  await tab.goto(program.url);
  await row(tab, "run number 0").waitFor();
  await grid(tab).focus();
  await tab.keyboard.press("End");
  await row(tab, "run number 199").waitFor();
  await tab.waitForFunction(() => document.querySelector('[aria-rowindex="202"]') !== null);
  await tab.keyboard.press("End");
  await row(tab, `run number ${LOADED - 1}`).waitFor();
  expect(asked.slice(0, 3).toSorted((a, b) => a - b)).toContain(200);
  expect(await rows(tab).count()).toBeLessThan(80);
  expect(complaints).toEqual([]);
});

it("a program that ends leaves what was loaded, and says so", async () => {
  const other = await start("competitors");
  try {
    const { page } = await open(browser, other.url);
    await rows(page).first().waitFor();
    await page.route("**/api/**", (route) => route.abort());
    await page.route("**/health", (route) => route.abort());
    await page.getByRole("searchbox").fill("king");
    await page.getByText("does not answer").first().waitFor();
    await expectAccessible(page);
    await page.unroute("**/api/**");
    await page.unroute("**/health");
    await rows(page).first().waitFor();
    await page.getByText("The program that serves this page does not answer").waitFor({ state: "detached" });
  } finally {
    await other.kill();
  }
});
