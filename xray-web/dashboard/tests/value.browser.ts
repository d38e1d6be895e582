import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Captured } from "../src/api/types";
import { expectAccessible, launch, open } from "./browser";
import { answer, MADE, made } from "./found";
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

const structured = (value: unknown, rest: Partial<Captured> = {}): Captured => ({
  level: "structured",
  value,
  ...rest,
});

async function shown(result: Captured, values: Record<string, string> = {}, search = ""): Promise<Page> {
  const { page } = await open(browser, program.url);
  await answer(page, made({ result, arguments: [{ name: "limits", ...structured(7) }] }), values);
  await page.goto(`${program.url}${MADE}${search}`);
  await page.getByRole("region", { name: "Output" }).waitFor();
  return page;
}

const tree = (page: Page) => page.getByRole("tree", { name: "result" });
const chosen = (page: Page) => tree(page).locator('[aria-selected="true"]');
const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText());
const RECORD = { "a/b": { list: [1, "two", { deep: true }], none: null }, "x y": 1.5, "<img src=x>": "</script>" };
const TREE = "?as=%7B%22result%22%3A%22tree%22%7D";

it("a tree is walked by keys, and copied from", async () => {
  const page = await shown(structured(RECORD));
  await tree(page).focus();
  await page.keyboard.press("ArrowDown");
  await chosen(page).getByText("a/b").waitFor();
  await page.keyboard.press("ArrowRight");
  await tree(page)
    .getByRole("treeitem", { name: /^▸?list/ })
    .waitFor();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await chosen(page).getByText('"two"').waitFor();
  expect(await chosen(page).getAttribute("aria-level")).toBe("4");
  expect(await chosen(page).getAttribute("aria-posinset")).toBe("2");
  for (const [button, text] of [
    ["Copy value", "two"],
    ["Copy pointer", "/a~1b/list/1"],
    ["Copy path", 'output["a/b"].list[1]'],
  ] as const) {
    await page.getByRole("button", { name: button }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    expect(await clipboard(page)).toBe(text);
    await page.getByRole("button", { name: button }).waitFor();
  }
  await tree(page).focus();
  await page.keyboard.press("ArrowLeft");
  await chosen(page).getByText("list").waitFor();
  await page.keyboard.press("ArrowLeft");
  await tree(page)
    .getByRole("treeitem", { name: /^1: "two"/ })
    .waitFor({ state: "detached" });
  await expectAccessible(page);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.waitForFunction(() => document.documentElement.dataset.theme === "dark");
  await expectAccessible(page);
});

it("numbers keep their digits", async () => {
  const { page } = await open(browser, program.url);
  await answer(page, made());
  const json = JSON.stringify(made({ result: structured({ id: 1 }) })).replace('{"id":1}', '{"id":9007199254740993}');
  await page.route(`**${MADE.replace("/runs", "/api/v1/runs")}`, (route) =>
    route.fulfill({ contentType: "application/json", body: json }),
  );
  await page.goto(program.url + MADE);
  await tree(page).getByText("9007199254740993").waitFor();
});

it("what was truncated or withheld is marked where it is", async () => {
  const page = await shown(
    structured(
      { list: [1, 2], key: null, whole: 3 },
      { cut: [{ pointer: "/list", length: 5_000 }], redacted: ["/key"] },
    ),
  );
  await tree(page).getByRole("treeitem", { name: /list/ }).getByText("truncated, 5,000 in all").waitFor();
  await tree(page).getByRole("treeitem", { name: /key/ }).getByText("redacted").waitFor();
  expect(
    await tree(page)
      .getByText(/truncated|redacted/)
      .count(),
  ).toBe(2);
  await page.getByText("1 part truncated").waitFor();
});

it("a value that was not captured as structure says how it was", async () => {
  const page = await shown({ level: "debug_text", value: 'Film { title: "Heat" }' });
  await page.getByText("debug text", { exact: true }).waitFor();
  await page.getByText("Film { title").waitFor();
});

it("lists of records are tables, and long texts are texts", async () => {
  const page = await shown(structured([{ title: "Heat", year: 1995 }, { title: "<b>Alien</b>" }]));
  const table = page.getByRole("grid", { name: "result" });
  await table.getByText("<b>Alien</b>").waitFor();
  await table.getByRole("button", { name: "year" }).click();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Tree" }).click();
  await tree(page).waitFor();
  await page.waitForURL(/as=/);

  const text = `${"first line ".repeat(30)}\nsecond <i>line</i>\n${"x".repeat(5_000)}`;
  const other = await shown(structured(text));
  const lines = other.getByRole("region", { name: "result" });
  await lines.getByText("second <i>line</i>").waitFor();
  await other.getByRole("searchbox", { name: "Find in result" }).fill("SECOND");
  await other.getByText("1 of 1").waitFor();
  await expectAccessible(other);
});

it("twenty megabytes open from their beginning, and are searched and scrolled to their end", async () => {
  const record = (index: number) =>
    `{"id":${index},"title":"The film of the number ${index}","tags":["a","é"],"x":null}`;
  const records = Array.from({ length: 290_000 }, (_, index) => record(index));
  const text = `[${records.join(",")}]`;
  const bytes = Buffer.byteLength(text);
  expect(bytes).toBeGreaterThan(20e6);
  const path = `${MADE.replace("/runs", "/api/v1/runs")}/values/result`;
  const omitted = { bytes, beginning: text.slice(0, 1_000), path };
  const page = await shown(structured(null, { omitted }), { result: text }, TREE);
  await tree(page)
    .getByRole("treeitem", { name: /The film of the number 0"/ })
    .waitFor();
  await tree(page).getByText("[290,000]").waitFor();
  await tree(page).focus();
  await page.keyboard.press("End");
  await tree(page).getByText("The film of the number 289999").waitFor();
  expect(await tree(page).getByRole("treeitem").count()).toBeLessThan(80);
  await page.keyboard.press("/");
  await page.keyboard.type("number 177777");
  await page.getByText("1 of 1", { exact: true }).waitFor();
  await chosen(page).getByText("177777").waitFor();
  expect(await chosen(page).getAttribute("aria-level")).toBe("3");
  await page.getByText("output[177777].title").waitFor();
});

it("a value that cannot be read says so, and is asked for again", async () => {
  const path = `${MADE.replace("/runs", "/api/v1/runs")}/values/result`;
  const { page } = await open(browser, program.url);
  await answer(page, made({ result: structured(null, { omitted: { bytes: 9e5, beginning: "[", path } }) }), {
    result: '{"here":1}',
  });
  await page.route(`**${path}`, (route) => route.fulfill({ status: 500, json: { detail: "the store is damaged" } }));
  await page.goto(program.url + MADE);
  await page.getByText("the store is damaged").waitFor();
  await page.unroute(`**${path}`);
  await page.getByRole("button", { name: "Try again" }).click();
  await tree(page).getByText("here").waitFor();
});
