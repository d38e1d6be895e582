// What stands in the way of seeing everything: a server that is away, a store that cannot be written, events that were lost.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { onReachable, read } from "../api/client";
import { stats } from "../api/queries";
import { moment, percent, things } from "../text/format";
import styles from "./Shell.module.css";

const AGAIN_MS = 2_000;

export function Connection() {
  const heard = useConnection();
  const { data } = useQuery({ ...stats(), refetchInterval: 10_000 });
  const dropped = Object.values(data?.events.dropped ?? {}).reduce((all, some) => all + some, 0);
  return (
    <div role="status">
      {!heard.reachable && (
        <p className={styles.banner}>
          The program that serves this page does not answer: it may have ended.{" "}
          {heard.last ? `What is shown is from ${moment(heard.last)}.` : "Nothing could be loaded."} This page tries
          again by itself.
        </p>
      )}
      {data?.events.store_error && (
        <p className={styles.banner}>The store cannot be written: {data.events.store_error}</p>
      )}
      {data && dropped > 0 && (
        <p className={styles.banner} data-tone="warn">
          {things(dropped, "event")} dropped, {percent(dropped / data.events.produced)} of all. The runs that lost some
          say so.
        </p>
      )}
    </div>
  );
}

/** Whether the last request was answered, and when one was. While none is, one is made every two seconds. */
function useConnection(): { reachable: boolean; last?: Date } {
  const [state, setState] = useState<{ reachable: boolean; last?: Date }>({ reachable: true });
  const queryClient = useQueryClient();
  useEffect(
    () =>
      onReachable((reachable) =>
        setState((earlier) => {
          if (reachable) return { reachable, last: new Date() };
          return { ...earlier, reachable };
        }),
      ),
    [],
  );
  useEffect(() => {
    if (state.reachable) return;
    const timer = setInterval(() => {
      read("/health").then(
        () => queryClient.invalidateQueries(),
        () => {},
      );
    }, AGAIN_MS);
    return () => clearInterval(timer);
  }, [state.reachable, queryClient]);
  return state;
}
