// A run and its steps, followed until it ends.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import { useLive } from "../../api/live";
import * as queries from "../../api/queries";
import { treeOf } from "./tree";

/** How often a run that goes on is asked for; its steps less often the more requests they take. */
const AGAIN_MS = 2_000;

export function useRun(id: string) {
  const client = useQueryClient();
  const found = useQuery({
    ...queries.run(id),
    refetchInterval: ({ state }) => (state.data?.run.status === "running" ? AGAIN_MS : false),
  });
  const run = found.data?.run;
  const isRunning = run?.status === "running";
  const again = AGAIN_MS * Math.ceil(((run?.steps ?? 0) + 1) / queries.STEPS_OF_A_REQUEST);
  const listed = useQuery({
    ...queries.steps(id),
    staleTime: isRunning ? 0 : 60_000,
    refetchInterval: isRunning ? again : false,
  });

  const { queryKey } = queries.run(id);
  useLive(
    (heard) => {
      if (heard.about === "run" && heard.run.id === id)
        client.setQueryData(queryKey, (earlier) => earlier && { ...earlier, run: heard.run });
      if (heard.about === "dropped") client.invalidateQueries({ queryKey });
    },
    { on: isRunning },
  );

  const wasRunning = useRef(false);
  useEffect(() => {
    if (wasRunning.current && !isRunning) client.invalidateQueries({ queryKey: queries.steps(id).queryKey });
    wasRunning.current = isRunning;
  }, [client, id, isRunning]);

  const tree = useMemo(
    () => (run && listed.data ? treeOf(run, listed.data, listed.dataUpdatedAt) : undefined),
    [run, listed.data, listed.dataUpdatedAt],
  );
  const isWhole = !(listed.isFetching && listed.data?.length === queries.STEPS_OF_A_REQUEST);
  return { found, run, listed, tree, isWhole };
}
