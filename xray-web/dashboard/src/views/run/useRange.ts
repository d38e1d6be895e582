// The part of a run's time that is in sight: it follows the hand at once, and is in the address once the hand rests.
import { useEffect, useState } from "react";
import { isWhole, within } from "./range";
import type { RunSearch } from "./search";
import type { Span } from "./tree";

/** Browsers refuse addresses that change with every turn of a wheel. */
const RESTS_MS = 150;

export function useRange(
  whole: Span,
  search: Pick<RunSearch, "from" | "to">,
  set: (changes: Pick<RunSearch, "from" | "to">) => Promise<void>,
): [Span, (range: Span) => void] {
  const [moving, setMoving] = useState<Span>();
  useEffect(() => {
    if (!moving) return;
    const { from, to } = isWhole(moving, whole) ? {} : moving;
    const timer = setTimeout(() => set({ from, to }).then(() => setMoving(undefined)), RESTS_MS);
    return () => clearTimeout(timer);
  }, [moving, whole, set]);
  const { from, to } = search;
  const asked = from === undefined || to === undefined ? whole : within({ from, to }, whole);
  return [moving ?? asked, setMoving];
}
