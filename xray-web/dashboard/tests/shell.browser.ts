import type { Browser, Page } from "playwright-core";
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

const palette = (page: Page) => page.getByRole("combobox", { name: "Go to, or do" });
const option = (page: Page, name: string | RegExp) => page.getByRole("option", { name });

/** The keys are the palette's once it has the focus. */
async function ask(page: Page) {
  await page.keyboard.press("Control+k");
  await palette(page).and(page.locator(":focus")).waitFor();
}

async function openPalette(options = {}) {
  const opened = await open(browser, program.url, options);
  await opened.page.getByRole("grid").waitFor();
  await ask(opened.page);
  return opened;
}

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

describe("the palette", () => {
  it.each(["light", "dark"] as const)("is within reach of everybody, in %s", async (colorScheme) => {
    const { page, complaints } = await openPalette({ colorScheme });
    await option(page, "find_competitor its runs").waitFor();
    await expectAccessible(page);
    await palette(page).fill("no thing has this name");
    await option(page, /in every run$/).waitFor();
    await page.keyboard.press("Escape");
    await palette(page).waitFor({ state: "detached" });
    expect(complaints).toEqual([]);
  });

  it("goes to a pipeline's runs, a step and a view, with the keys alone", async () => {
    const { page } = await openPalette();
    await page.keyboard.type("load_cat");
    await option(page, "load_catalog its runs").waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.searchParams.get("pipeline") === "load_catalog");
    await palette(page).waitFor({ state: "detached" });
    await ask(page);
    await page.keyboard.type("steps by function look");
    await option(page, "look_up").waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL("**/steps/look_up");
    await palette(page).waitFor({ state: "detached" });
    await ask(page);
    await page.keyboard.type("views runs");
    await option(page, /^Runs$/).waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("grid", { name: "Runs" }).waitFor();
  });

  it("finds a run by the end of its id, and an item by a part of its name", async () => {
    const { page } = await openPalette();
    const id = await page.locator("[role=gridcell] code").first().getAttribute("title");
    await page.keyboard.type(id?.slice(-8) ?? "");
    await option(page, new RegExp(`^${id}`)).click();
    await page.waitForURL(`**/runs/${id}`);
    await palette(page).waitFor({ state: "detached" });
    await ask(page);
    await page.keyboard.type("KING ARTHUR");
    await option(page, "King Arthur (2004)").click();
    await page.waitForURL("**/items/King%20Arthur%20(2004)");
  });

  it("does what the view offers, and chooses colours", async () => {
    const { page } = await openPalette();
    await page.keyboard.type("actions search");
    await option(page, /^Search/).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement?.getAttribute("type") === "search");
    await ask(page);
    await page.keyboard.type("dark colours");
    await option(page, /^Dark colours$/).waitFor();
    await page.keyboard.press("Enter");
    await page.locator(':root[data-theme="dark"]').waitFor();
  });

  it("leaves the focus where it was", async () => {
    const { page } = await open(browser, program.url);
    await page.getByRole("grid").focus();
    await ask(page);
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => document.activeElement?.getAttribute("role") === "grid");
  });
});

it("`?` lists the keys, those of the view among them", async () => {
  const { page } = await open(browser, program.url);
  await page.getByRole("grid").waitFor();
  await page.keyboard.press("?");
  const keys = page.getByRole("dialog", { name: "Keys" });
  await keys.getByText("Pin the run, or let go of it").waitFor();
  await keys.getByText("Go to, or do").waitFor();
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await keys.waitFor({ state: "detached" });
});

it("letters choose from an open list, and do nothing else", async () => {
  const { page } = await open(browser, program.url);
  await page.getByRole("grid").waitFor();
  await page.getByRole("combobox", { name: "Status" }).click();
  await option(page, "running").waitFor();
  await page.keyboard.press("l");
  await page.keyboard.press("?");
  await page.keyboard.press("Escape");
  await option(page, "running").waitFor({ state: "detached" });
  expect(await page.getByRole("dialog").count()).toBe(0);
  await page.getByRole("button", { name: "Pause", exact: true }).waitFor();
});

it("everything fits a small screen", async () => {
  const { page } = await openPalette({ viewport: { width: 375, height: 700 } });
  await option(page, "find_competitor its runs").waitFor();
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Go to…" }).waitFor();
  await page.getByText("Live", { exact: true }).waitFor({ state: "attached" });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375);
});

it("whether it is live is said in the header", async () => {
  const { page } = await open(browser, `${program.url}/icon.svg`);
  await page.route("**/api/v1/live**", (route) => route.fulfill({ status: 503, body: "" }));
  await page.goto(program.url);
  await page.getByText("Not live").waitFor();
  await page.unroute("**/api/v1/live**");
  await page.getByText("Live", { exact: true }).waitFor();
  await page.keyboard.press("l");
  await page.getByText("Paused", { exact: true }).waitFor();
});
