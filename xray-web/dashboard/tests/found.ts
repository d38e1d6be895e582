// Finding steps of the programs, and answering in their place with what no example records.
import type { Page } from "playwright-core";
import type { Decision, StepDetail } from "../src/api/types";

/** The address of the newest step that the query finds. */
export async function stepAt(url: string, query: string): Promise<string> {
  const answer = await fetch(`${url}/api/v1/steps?limit=1&q=${encodeURIComponent(query)}`);
  const { data } = (await answer.json()) as { data: { run: string; id: string }[] };
  const [step] = data;
  if (!step) throw new Error(`no step is found by ${query}`);
  return `/runs/${step.run}/steps/${step.id}`;
}

export const RUN = "1".padStart(32, "0");
export const STEP = "1".padStart(16, "0");
export const MADE = `/runs/${RUN}/steps/${STEP}`;

/** A step as the API describes it. */
export const made = (rest: Partial<StepDetail> = {}): StepDetail => ({
  run: RUN,
  id: STEP,
  parent: null,
  name: "made",
  kind: "filter",
  module: "crate_of::somebody",
  file: "src/somebody.rs",
  line: 7,
  outcome: "ok",
  started_at: "2026-01-02T03:04:05.000000006Z",
  started_ns: 1_767_323_045_000_000_000,
  duration_ns: 1_234_567,
  thread: 0,
  items_in: null,
  items_out: null,
  counts: {
    kept: 0,
    eliminated: 0,
    scored: 0,
    introduced: 0,
    refused: 0,
    inferred: false,
    rejection_rate: null,
    reasons: [],
  },
  important: false,
  level: "full",
  arguments: [],
  result: null,
  error: null,
  reasons: [],
  reasoning: [],
  meta: [],
  llm: [],
  tags: null,
  notes: null,
  input: null,
  output: null,
  ...rest,
});

/** Answers for a step, its large values by part, and its decisions. */
export async function answer(page: Page, step: StepDetail, values: Record<string, string> = {}, all: Decision[] = []) {
  await page.route(`**/api/v1/runs/${RUN}**`, async (route) => {
    const { pathname, searchParams } = new URL(route.request().url());
    const [, part] = /\/values\/(.*)$/.exec(pathname) ?? [];
    if (part !== undefined) {
      const body = Buffer.from(values[part] ?? "null");
      const [, from = "0", to = ""] = /bytes=(\d+)-(\d*)/.exec(route.request().headers().range ?? "") ?? [];
      const end = Math.min(body.length, to === "" ? body.length : Number(to) + 1);
      await route.fulfill({
        status: 206,
        contentType: "application/json",
        // As the server does it: of a large value it knows no more than what is asked for.
        headers: { "Content-Range": `bytes ${from}-${end - 1}/${end < body.length ? "*" : body.length}` },
        body: body.subarray(Number(from), end),
      });
    } else if (pathname.endsWith("/decisions")) {
      const item = searchParams.get("item");
      const outcome = searchParams.get("outcome");
      const found = all.filter((one) => (!item || one.item === item) && (!outcome || one.outcome === outcome));
      const from = Number(searchParams.get("cursor") ?? 0);
      const to = from + Number(searchParams.get("limit"));
      const next_cursor = to < found.length ? String(to) : null;
      const about = { argument: null, key: null, doubts: [], sampled_of: null, counts: step.counts };
      await route.fulfill({ json: { data: found.slice(from, to), next_cursor, ...about } });
    } else if (pathname.endsWith(STEP)) {
      await route.fulfill({ json: step });
    } else {
      await route.fulfill({ json: { run: {}, steps: { data: [{ ...step, arguments: [] }], next_cursor: null } } });
    }
  });
}
