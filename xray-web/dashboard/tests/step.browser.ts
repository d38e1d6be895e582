import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Decision } from "../src/api/types";
import { expectAccessible, launch, open } from "./browser";
import { answer, MADE, made, stepAt } from "./found";
import { type Program, start } from "./program";

let browser: Browser;
let films: Program;
beforeAll(async () => {
  [browser, films] = await Promise.all([launch(), start("movies")]);
});
afterAll(async () => {
  await browser?.close();
  await films?.stop();
});

const RATED = 'name == "rated" && eliminated > 100 && kept > 10';
const at = async (query: string, search = "") => films.url + (await stepAt(films.url, query)) + search;
const table = (page: Page, name = "Decisions") => page.getByRole("grid", { name });
const firstRow = (page: Page, name?: string) => table(page, name).getByRole("row").nth(1);
const width = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth);

/** Everything of the shown state in both themes. */
async function accessible(page: Page) {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.waitForFunction((theme) => document.documentElement.dataset.theme === theme, colorScheme);
    await expectAccessible(page);
  }
}

describe("the decisions of a filter", () => {
  it("say what became of which item, and why", async () => {
    const { page, complaints } = await open(browser, await at(RATED));
    await page.getByRole("heading", { level: 1, name: "rated" }).waitFor();
    await page.getByRole("tab", { name: /^Decisions/, selected: true }).waitFor();
    const row = table(page).getByRole("row").filter({ hasText: "eliminated" }).first();
    expect(await row.textContent()).toMatch(/film\.rating .* >= rating\.at_least/);
    await row.getByRole("link").waitFor();
    expect(await row.getByRole("link").getAttribute("href")).toMatch(/^\/items\/.+\?run=/);
    await accessible(page);
    expect(complaints).toEqual([]);
  });

  it("near misses come first, and the address says so", async () => {
    const { page } = await open(browser, await at(RATED));
    await page.getByRole("button", { name: "Near misses first" }).click();
    await page.getByRole("button", { name: "Near misses first", pressed: true }).waitFor();
    await page.waitForURL(/sort=near/);
    await page.getByText(/^[\d,]+ decisions$/).waitFor();
    const shares = await table(page).locator('[title*=">="][title*="false"]').allInnerTexts();
    expect(shares.length).toBeGreaterThan(0);
    const distances = (await table(page).getByRole("row").allInnerTexts()).flatMap((text) => {
      const [, share] = /([\d.]+)%/.exec(text) ?? [];
      return share === undefined ? [] : [Number(share)];
    });
    expect(distances.length).toBeGreaterThan(5);
    expect(distances).toEqual([...distances].sort((a, b) => a - b));
    await page.reload();
    await page.getByRole("button", { name: "Near misses first", pressed: true }).waitFor();
  });

  it("fall into groups by their reason", async () => {
    const { page } = await open(browser, await at(RATED, "?group=reason"));
    const group = page.getByRole("region", { name: /rating/ });
    await group.getByRole("button", { name: /film\.rating >= rating\.at_least/, expanded: true }).waitFor();
    await group.getByRole("grid").getByRole("row").nth(1).waitFor();
    await accessible(page);
    await page.getByRole("button", { name: /^kept/ }).click();
    await page.getByRole("region", { name: "kept" }).getByRole("grid").getByRole("row").nth(1).waitFor();
    expect(await page.getByRole("grid").count()).toBe(1);
  });

  it("are filtered by outcome, reason, basis and item, as the address says", async () => {
    const { page } = await open(browser, await at(RATED, "?outcome=kept"));
    await firstRow(page).getByText("kept", { exact: true }).waitFor();
    expect(await table(page).getByText("eliminated", { exact: true }).count()).toBe(0);
    await page.getByRole("combobox", { name: "Outcome" }).click();
    await page.getByRole("option", { name: /^eliminated/ }).click();
    await page.waitForURL(/outcome=eliminated/);
    await page.keyboard.press("/");
    await page.keyboard.type("king kong");
    await page.waitForURL(/item=king/);
    await page.getByText(/^\d decisions?$/).waitFor();
    const items = await table(page).getByRole("link").allInnerTexts();
    expect(items.length).toBeGreaterThan(0);
    for (const item of items) expect(item.toLowerCase()).toContain("king kong");
    await page.getByRole("searchbox", { name: "Item" }).fill("no such film");
    await page.getByRole("heading", { name: "No decision is like that" }).waitFor();
    await accessible(page);
    await page.getByRole("button", { name: "Show all decisions" }).click();
    await firstRow(page).waitFor();
    expect(new URL(page.url()).search).toBe("");
  });

  it("have the fields of the items as columns", async () => {
    const { page } = await open(browser, await at(RATED));
    await table(page).getByRole("columnheader", { name: "rating", exact: true }).waitFor();
    await page.getByRole("button", { name: /^Fields/ }).click();
    await page.getByRole("menuitemcheckbox", { name: "director" }).click();
    await page.keyboard.press("Escape");
    await table(page).getByRole("columnheader", { name: "director" }).waitFor();
    await page.waitForURL(/columns=/);
  });

  it("are a matrix of conditions", async () => {
    const { page } = await open(browser, await at('name == "voted_for" && eliminated > 0', "?show=checks"));
    const grid = table(page, "Conditions by item");
    await grid.getByRole("columnheader", { name: "film.votes >= votes.at_least" }).waitFor();
    await grid.getByText("failed").first().waitFor();
    await grid.getByText("not evaluated").first().waitFor();
    await accessible(page);
  });

  it("by the fifty thousand are read as one scrolls", async () => {
    const decisions = Array.from(
      { length: 50_000 },
      (_, index): Decision => ({
        item: `item ${index}`,
        outcome: index % 2 ? "kept" : "eliminated",
        basis: "inferred",
        before: index,
        ambiguous: index === 0,
        contradicted: index === 0,
        changed: false,
      }),
    );
    const counts = { ...made().counts, kept: 25_000, eliminated: 25_000 };
    const { page } = await open(browser, films.url);
    await answer(page, made({ counts }), {}, decisions);
    await page.goto(films.url + MADE);
    await page.getByText("1,000 shown, 1,000 of 50,000 read").waitFor();
    await firstRow(page).getByText("ambiguous").waitFor();
    await firstRow(page).getByText("contradicted").waitFor();
    await table(page).focus();
    await page.keyboard.press("End");
    await page.getByText("11,000 shown, 11,000 of 50,000 read").waitFor();
    expect(await table(page).getByRole("row").count()).toBeLessThan(100);
    await page.getByRole("searchbox", { name: "Item" }).fill("item 49999");
    await page.getByText("1 decision", { exact: true }).waitFor();
    await firstRow(page).getByText("item 49999").waitFor();
  });
});

it("a ranking shows who moved where, and for which score", async () => {
  const { page } = await open(browser, await at('name == "rank" && scored > 5'));
  await page.getByRole("tab", { name: "Ranking", selected: true }).waitFor();
  const row = firstRow(page, "Ranking");
  await row.getByText(/up|down|stays/).waitFor();
  const scores = await table(page, "Ranking").locator("[role=row] > :nth-child(4)").allInnerTexts();
  const numbers = scores.slice(1).map(Number);
  expect(numbers.length).toBeGreaterThan(3);
  expect(numbers).toEqual([...numbers].sort((a, b) => b - a));
  await accessible(page);
});

describe("a step among others", () => {
  it("is left by the keys to those before and after it", async () => {
    const { page } = await open(browser, await at(RATED));
    await page.getByRole("navigation", { name: "Steps around this one" }).getByRole("link").first().waitFor();
    await page.keyboard.press("]");
    await page.getByRole("heading", { level: 1, name: "voted_for" }).waitFor();
    await page.getByRole("button", { name: /rated/ }).waitFor();
    await page.keyboard.press("[");
    await page.getByRole("heading", { level: 1, name: "rated" }).waitFor();
  });

  it("leads to its caller and to what it called", async () => {
    const { page } = await open(browser, await at('name == "rank" && scored > 5'));
    const around = page.getByRole("navigation", { name: "Steps around this one" });
    await around.getByRole("link", { name: "score_all" }).click();
    await page.getByRole("heading", { level: 1, name: "score_all" }).waitFor();
    await around.getByRole("link", { name: "rank" }).click();
    await page.getByRole("heading", { level: 1, name: "rank" }).waitFor();
  });
});

describe("a step that failed", () => {
  it("shows the error with what was behind it", async () => {
    const { page } = await open(browser, await at('name == "pick_films" && error.contains("wish")'));
    const error = page.getByRole("region", { name: "Error" });
    await error.getByText("the wish is not understood").waitFor();
    await error
      .getByText(/^caused by: /)
      .first()
      .waitFor();
    await page.getByRole("tab", { name: "Values", selected: true }).waitFor();
    await accessible(page);
  });

  it("shows where it panicked", async () => {
    const { page } = await open(browser, await at('name == "select" && outcome == "panicked"'));
    const error = page.getByRole("region", { name: "Error" });
    await error.getByText("It panicked").waitFor();
    await error.getByText(/examples\/movies\/pipeline\.rs:\d+:\d+|\.rs:\d+/).waitFor();
  });
});

describe("a call of a language model", () => {
  const HOSTILE = "<script>document.title = 'taken'</script>\n[click](javascript:alert(1))\u0007\u202e";
  const call = {
    "gen_ai.request.model": "gpt-4",
    "gen_ai.usage.input_tokens": 1_812,
    "gen_ai.usage.output_tokens": 3,
    "gen_ai.response.finish_reasons": ["stop"],
    "gen_ai.input.messages": HOSTILE,
    "gen_ai.output.messages": "line one\nline two",
  };

  it("is facts and readable texts, and nothing of it is more than text", async () => {
    const { page, complaints } = await open(browser, films.url);
    await answer(page, made({ kind: "llm", llm: [{ level: "structured", value: call }] }));
    await page.goto(films.url + MADE);
    await page.getByRole("tab", { name: "Model call", selected: true }).waitFor();
    await page.getByRole("definition").filter({ hasText: "1,812" }).waitFor();
    const prompt = page.getByRole("region", { name: "Prompt, user" });
    await prompt.getByText("<script>").waitFor();
    expect(await page.title()).toBe("xray");
    expect(await prompt.locator("script, a").count()).toBe(0);
    await page.getByRole("searchbox", { name: "Find in Completion, assistant" }).fill("two");
    await page.getByText("1 of 1").waitFor();
    await accessible(page);
    expect(complaints).toEqual([]);
  });
});

describe("a test of it", () => {
  it("is copied", async () => {
    const { page } = await open(browser, await at('name == "read_wish" && outcome == "ok"'));
    await page.getByRole("button", { name: "Copy as test" }).click();
    const dialog = page.getByRole("dialog", { name: "read_wish as a test" });
    await dialog.getByText("crate::pipeline::read_wish(captured(text))").waitFor();
    await accessible(page);
    await dialog.getByRole("button", { name: "Copy test" }).click();
    await dialog.getByRole("button", { name: "Copied" }).waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toContain('let text = r#"');
    expect(copied).toContain("assert_same(&outcome,");
    await dialog.getByRole("checkbox").check();
    await dialog.getByText("#[tokio::test]").waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  });

  it("has large values beside it", async () => {
    const { page } = await open(browser, await at('name == "not_yet_seen" && items_in > 3000'));
    await page.getByRole("button", { name: "Copy as test" }).click();
    const link = page.getByRole("dialog").getByRole("link", { name: "not_yet_seen.films.json" });
    const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
    expect(download.suggestedFilename()).toBe("not_yet_seen.films.json");
  });
});

it("a callsite is copied, and opens in the editor that was chosen", async () => {
  const { page } = await open(browser, await at(RATED));
  await page.getByRole("button", { name: "Copy place" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^examples\/movies\/pipeline\.rs:\d+$/);
  await page.getByRole("button", { name: "Editor…" }).click();
  await page.getByRole("combobox", { name: "Editor" }).click();
  await page.getByRole("option", { name: "VS Code" }).click();
  await page.getByLabel("Folder of the workspace").fill("/home/me/project");
  await accessible(page);
  await page.keyboard.press("Escape");
  await page.reload();
  const link = page.getByRole("link", { name: /pipeline\.rs:\d+/ });
  await link.waitFor();
  expect(await link.getAttribute("href")).toMatch(
    /^vscode:\/\/file\/home\/me\/project\/examples\/movies\/pipeline\.rs:\d+$/,
  );
});

describe("on a narrow screen", () => {
  for (const show of ["decisions", "checks", "values"]) {
    it(`${show} do not make the page scroll sideways`, async () => {
      const address = await at(RATED, `?show=${show}`);
      const { page } = await open(browser, address, { viewport: { width: 375, height: 800 } });
      await page.getByRole("tabpanel").waitFor();
      await page.getByRole("grid").first().waitFor();
      expect(await width(page)).toBe(375);
      await accessible(page);
    });
  }
});

describe("what goes wrong", () => {
  it("a step that is not there is said not to be", async () => {
    const [, path = ""] = /^(.*)\/steps\//.exec(await stepAt(films.url, RATED)) ?? [];
    const { page } = await open(browser, `${films.url}${path}/steps/ffffffffffffffff`);
    await page.getByRole("heading", { name: "There is no such thing" }).waitFor();
    await accessible(page);
    await page.goto(`${films.url}/runs/nonsense/steps/nonsense`);
    await page.getByRole("heading", { name: "The question is wrong" }).waitFor();
  });

  it("an address with nonsense in it shows what can be shown", async () => {
    const { page } = await open(browser, await at(RATED, "?show=x&outcome=7&columns=3&as=%5B%5D&sort=far"));
    await firstRow(page).waitFor();
  });

  it("a program that ends leaves what is shown, and says so", async () => {
    const program = await start("movies", "rating>=8");
    const path = await stepAt(program.url, 'name == "rated"');
    const { page } = await open(browser, program.url + path);
    await firstRow(page).waitFor();
    await page.route("**/api/**", (route) => route.abort());
    await page.getByRole("button", { name: /released|voted_for/ }).waitFor();
    await page.keyboard.press("]");
    await page.getByRole("heading", { name: "The program does not answer" }).waitFor();
    await page.getByText("The program that serves this page does not answer").waitFor();
    await page.unroute("**/api/**");
    await page.getByRole("heading", { level: 1, name: "voted_for" }).waitFor();
    await program.stop();
  });
});
