// What happens, as it happens: the server's events, heard over one connection by whoever wants to know.
import { useEffect, useEffectEvent } from "react";
import { address } from "./client";
import type { FoundStep, RunRow } from "./types";

export type Heard =
  | { about: "run"; run: RunRow }
  | { about: "step"; step: FoundStep }
  | { about: "dropped"; events: number; restarted: boolean };

/** Calls `listener` for every run that begins or changes, for every step that ends if `steps`, and for what was missed. */
export function useLive(listener: (heard: Heard) => void, { on = true, steps = false } = {}): void {
  const hear = useEffectEvent(listener);
  useEffect(() => {
    if (!on) return;
    const source = new EventSource(address("/api/v1/live", { events: steps ? "run,step" : "run" }));
    source.addEventListener("run", (event) => hear({ about: "run", run: JSON.parse(event.data) }));
    source.addEventListener("step", (event) => hear({ about: "step", step: JSON.parse(event.data) }));
    source.addEventListener("dropped", (event) => hear({ about: "dropped", ...JSON.parse(event.data) }));
    return () => source.close();
  }, [on, steps]);
}
