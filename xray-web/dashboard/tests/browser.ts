// A real browser, and what every test asks of a page.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { expect, onTestFinished } from "vitest";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });

export type Opened = { page: Page; complaints: string[] };

/** A page of which everything that it complains about is kept: errors of scripts, and what the policy refused. */
export async function open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1360, height: 850 }, ...options });
  onTestFinished(() => context.close());
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`${message.text()} ${message.location().url}`);
  });
  // Nothing may leave the machine, or come from anywhere but the program.
  page.on("request", (request) => {
    const { origin } = new URL(request.url());
    if (origin !== new URL(url).origin && !request.url().startsWith("blob:")) complaints.push(`asked ${origin}`);
  });
  await page.goto(url);
  return { page, complaints };
}

type Violation = { id: string; help: string; nodes: { html: string }[] };
type Axe = { run: (where: Document, options: { runOnly: string[] }) => Promise<{ violations: Violation[] }> };

/** What axe finds against WCAG 2.2 AA. It is run by the test's own hand: the page's policy would not load it. */
export async function axe(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: Axe };
    const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    return (await axe.run(document, { runOnly: rules })).violations;
  });
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(" | ")}`);
}

export const expectAccessible = async (page: Page): Promise<void> => expect(await axe(page)).toEqual([]);

/** Waits until the address holds this under the name; nothing if `null`. */
export const asks = (page: Page, name: string, value: string | null): Promise<void> =>
  page.waitForURL((url) => url.searchParams.get(name) === value);
