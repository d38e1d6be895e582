// An item's way through a run, in words.
import type { ItemWay, RunRow, Stage, Verdict } from "../../api/types";

/** A run, and what became of the item in it. */
export type Track = ItemWay & { run: RunRow };

export const SIGNS: Record<Verdict, string> = { kept: "✓", eliminated: "✕", scored: "#", introduced: "+" };

/** `12 → 0`, `– → 0` of one that was not there before, `7` of one that stayed; nothing where no place is known. */
export function places({ before, after }: Stage): string | undefined {
  const known = (place: number | null | undefined) => (place === null || place === undefined ? "–" : String(place));
  if (known(before) === known(after)) return known(before) === "–" ? undefined : known(before);
  return `${known(before)} → ${known(after)}`;
}

/** What should make one look twice at a stage, each with what it means. */
export function doubts({ changed, ambiguous, contradicted, outcome, kind }: Stage): { word: string; means: string }[] {
  return [
    changed && { word: "changed", means: "It came out with other values than it went in with." },
    ambiguous && { word: "ambiguous", means: "Others had the same key: this may be said of one of them." },
    contradicted && { word: "contradicted", means: "The code says another thing than the values." },
    outcome === "introduced" &&
      kind === "llm" && { word: "invented", means: "A language model put it out, and it had not gone in." },
  ].filter((doubt) => doubt !== false);
}

/** The tracks of all pages; the one that the address names comes first while the pages do not have it. */
export function tracksOf(pages: Track[], named: Track | undefined): Track[] {
  if (!named || pages.some(({ run }) => run.id === named.run.id)) return pages;
  return [named, ...pages];
}

/** The run that is `step` places further, within what there is. */
export function neighbour(tracks: Track[], current: string | undefined, step: number): string | undefined {
  const from = tracks.findIndex(({ run }) => run.id === current);
  return tracks[Math.max(0, Math.min(tracks.length - 1, from + step))]?.run.id;
}
