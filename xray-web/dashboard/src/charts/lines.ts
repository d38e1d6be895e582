// What a chart of lines says in words, for those who do not see it.

export type Line = {
  name: string;
  tone: Tone;
  values: (number | null)[];
  filled?: boolean;
  dash?: "dashed" | "dotted";
};
export type Tone = "accent" | "good" | "bad" | "warn" | "violet" | "teal" | "faint";

/** The last value of each line and the range it moved in. */
export function told(lines: Line[], format: (value: number) => string): string {
  return lines
    .map(({ name, values }) => {
      const known = values.filter((value) => value !== null);
      const last = known.at(-1);
      if (last === undefined) return `${name}: none`;
      return `${name}: ${format(Math.min(...known))} to ${format(Math.max(...known))}, last ${format(last)}`;
    })
    .join("; ");
}

/** The lines' values at one time: `p50 3 ms, p95 12 ms`. */
export const toldAt = (lines: Line[], index: number, format: (value: number) => string): string =>
  lines
    .map(({ name, values }) => {
      const value = values[index] ?? null;
      return `${name} ${value === null ? "none" : format(value)}`;
    })
    .join(", ");

/** The place of the time that is nearest to a share of the width, from 0 to 1. */
export const nearest = (share: number, times: number): number =>
  Math.max(0, Math.min(times - 1, Math.round(share * (times - 1))));

/** Whether the value has neighbours that a line could lead to: one without is drawn as a point. */
export const isAlone = (values: (number | null)[], index: number): boolean =>
  (values[index - 1] ?? null) === null && (values[index + 1] ?? null) === null;
