// What happens, as it happens: the server's events, heard over one connection by whoever wants to know.
import { useEffect, useEffectEvent, useState } from "react";
import { address } from "./client";
import { type Liveness, sayLiveness } from "./liveness";
import type { FoundStep, RunRow } from "./types";

export type Heard =
  | { about: "run"; run: RunRow }
  | { about: "step"; step: FoundStep }
  | { about: "dropped"; events: number; restarted: boolean };

type Options = {
  on?: boolean;
  steps?: boolean;
  /** What is heard is held back by the view, which is what the sign in the header says then. */
  paused?: boolean;
  /** From now on everything is heard; what happened before may have been missed. */
  onOpen?: () => void;
};

/** How long until a connection is asked for again that the browser gave up. */
const AGAIN_MS = 3_000;

/** Calls `listener` for every run that begins or changes, for every step that ends if `steps`, and for what was missed. */
export function useLive(
  listener: (heard: Heard) => void,
  { on = true, steps = false, paused = false, onOpen }: Options = {},
): void {
  const hear = useEffectEvent(listener);
  const opened = useEffectEvent(() => onOpen?.());
  const [state, setState] = useState<Liveness>("connecting");
  const liveness = state === "live" && paused ? "paused" : state;
  useEffect(() => {
    if (!on) return;
    const me = Symbol();
    sayLiveness(me, liveness);
    return () => sayLiveness(me, undefined);
  }, [on, liveness]);
  useEffect(() => {
    if (!on) return;
    let source: EventSource;
    let timer: ReturnType<typeof setTimeout>;
    const open = () => {
      source = new EventSource(address("/api/v1/live", { events: steps ? "run,step" : "run" }));
      source.addEventListener("run", (event) => hear({ about: "run", run: JSON.parse(event.data) }));
      source.addEventListener("step", (event) => hear({ about: "step", step: JSON.parse(event.data) }));
      source.addEventListener("dropped", (event) => hear({ about: "dropped", ...JSON.parse(event.data) }));
      source.onopen = () => {
        setState("live");
        opened();
      };
      source.onerror = () => {
        setState("lost");
        if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, AGAIN_MS);
      };
    };
    open();
    return () => {
      clearTimeout(timer);
      source.close();
      setState("connecting");
    };
  }, [on, steps]);
}
