// Functions and pipelines as the overview lists them: which are shown, in what order, and which stand out.
import type { CallsiteSummary, Groups, PipelineSummary } from "../../api/types";

export type Sorting = { id: string; desc: boolean };

export const sortingOf = (sort: string | undefined): Sorting[] =>
  sort ? [{ id: sort.replace(/^-/, ""), desc: sort.startsWith("-") }] : [];

export const sortOf = ([first]: Sorting[]): string | undefined => first && `${first.desc ? "-" : ""}${first.id}`;

/** What tells functions of one name apart. */
export const callsiteKey = ({ module, name, line }: Pick<CallsiteSummary, "module" | "name" | "line">) =>
  `${module}::${name}:${line}`;

export function matching(callsites: CallsiteSummary[], text: string): CallsiteSummary[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return callsites.filter(({ name, kind, module, file }) => {
    const said = `${name} ${kind ?? ""} ${module} ${file}`.toLowerCase();
    return words.every((word) => said.includes(word));
  });
}

export const matchingPipelines = (pipelines: PipelineSummary[], text: string): PipelineSummary[] =>
  pipelines.filter(({ pipeline }) => pipeline.toLowerCase().includes(text.trim().toLowerCase()));

/** The first few by a measure, highest first, without those that have none of it. */
export function foremost<Row>(rows: Row[], measure: (row: Row) => number | null | undefined, most = 3): Row[] {
  return rows
    .filter((row) => (measure(row) ?? 0) > 0)
    .sort((a, b) => (measure(b) ?? 0) - (measure(a) ?? 0))
    .slice(0, most);
}

/** Of groups by name, module, line and time: how many steps each function had, time by time. */
export function callsOverTime({ data }: Groups, times: Date[]): Map<string, number[]> {
  const places = new Map(times.map((time, place) => [time.getTime(), place]));
  const calls = new Map<string, number[]>();
  for (const [name, module, line, time, count] of data) {
    const key = callsiteKey({ name: String(name), module: String(module), line: Number(line) });
    const counts = calls.get(key) ?? times.map(() => 0);
    const place = places.get(Date.parse(String(time)));
    if (place !== undefined) counts[place] = Number(count);
    calls.set(key, counts);
  }
  return calls;
}
