// Reading what the query of an address holds: whatever somebody wrote there, each part is what its view can use.

export type Raw = Record<string, unknown>;

/** A text, or the fallback. Numbers and truths were texts before the router read them. */
export function text<Fallback>(raw: unknown, fallback: Fallback): string | Fallback {
  if (typeof raw === "string") return raw;
  return typeof raw === "number" || typeof raw === "boolean" ? String(raw) : fallback;
}

/** One of some words, or the fallback. */
export function word<const Word extends string, Fallback>(
  raw: unknown,
  words: readonly Word[],
  fallback: Fallback,
): Word | Fallback {
  return words.find((word) => word === raw) ?? fallback;
}

export const truth = (raw: unknown, fallback: boolean): boolean => (typeof raw === "boolean" ? raw : fallback);

/** Texts, with those that are none left out. */
export const texts = (raw: unknown): string[] | undefined =>
  Array.isArray(raw) ? raw.filter((entry) => typeof entry === "string") : undefined;
