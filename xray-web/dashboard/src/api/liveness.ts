// Whether what is shown follows what happens, for the sign in the header.
import { useSyncExternalStore } from "react";

export type Liveness = "connecting" | "live" | "paused" | "lost";

/** The first that applies to somebody is what is said. */
const ORDER: Liveness[] = ["lost", "paused", "connecting", "live"];

const said = new Map<symbol, Liveness>();
const listeners = new Set<() => void>();

/** Says how it stands with one who listens; nothing, when they stopped. */
export function sayLiveness(who: symbol, liveness: Liveness | undefined): void {
  if (liveness) said.set(who, liveness);
  else said.delete(who);
  for (const listener of listeners) listener();
}

/** How it stands; nothing where nobody listens. */
export const useLiveness = (): Liveness | undefined =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => ORDER.find((liveness) => [...said.values()].includes(liveness)),
  );
