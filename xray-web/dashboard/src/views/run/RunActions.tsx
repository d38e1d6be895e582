// What can be done with a run: keep it, compare it, take it along.
import { Menu } from "@base-ui/react/menu";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useRef } from "react";
import { address, change } from "../../api/client";
import * as queries from "../../api/queries";
import type { RunRow } from "../../api/types";
import { Button } from "../../parts/Button";
import buttons from "../../parts/Button.module.css";
import styles from "./RunActions.module.css";

export function RunActions({ run }: { run: RunRow }) {
  return (
    <div className={styles.actions}>
      <Pin run={run} />
      <Compare run={run} />
      <Export run={run.id} />
    </div>
  );
}

function Pin({ run }: { run: RunRow }) {
  const client = useQueryClient();
  const { queryKey } = queries.run(run.id);
  const pin = useMutation({
    mutationFn: (pinned: boolean) => change(pinned ? "PUT" : "DELETE", `/api/v1/runs/${run.id}/pin`),
    onSuccess: (_, pinned) =>
      client.setQueryData(queryKey, (earlier) => earlier && { ...earlier, run: { ...earlier.run, pinned } }),
    onSettled: () => {
      client.invalidateQueries({ queryKey });
      // The lists, not the steps of runs: those do not change.
      client.invalidateQueries({
        predicate: ({ queryKey: [path, of] }) => path === "/api/v1/runs" && typeof of === "object",
      });
    },
  });
  return (
    <>
      {pin.error && (
        <span role="alert" className={styles.failed}>
          {pin.error.message}
        </span>
      )}
      <Button
        aria-pressed={run.pinned}
        disabled={pin.isPending}
        onClick={() => pin.mutate(!run.pinned)}
        title={run.pinned ? "It stays, however little may be kept" : "Keep it, however little may be kept"}
      >
        {run.pinned ? "Pinned" : "Pin"}
      </Button>
    </>
  );
}

/** With the run of the same pipeline that began before it. */
function Compare({ run }: { run: RunRow }) {
  const before = useInfiniteQuery({
    ...queries.runs({ pipeline: run.pipeline, before: run.started_at }, 1),
    staleTime: 60_000,
  });
  const earlier = before.data?.pages[0]?.data[0];
  if (!earlier) return null;
  return (
    <Link to="/compare" search={{ a: earlier.id, b: run.id }} className={buttons.button}>
      Compare<span className={styles.long}> with the run before</span>
    </Link>
  );
}

const EXPORTS = [
  { path: "steps", format: "ndjson", label: "Steps, a JSON value a line" },
  { path: "steps", format: "csv", label: "Steps, as a table (CSV)" },
  { path: "decisions", format: "ndjson", label: "Decisions, a JSON value a line" },
  { path: "decisions", format: "csv", label: "Decisions, as a table (CSV)" },
];

function Export({ run }: { run: string }) {
  const q = `run.id == "${run}"`;
  const place = useRef<HTMLDivElement>(null);
  return (
    <Menu.Root>
      <Menu.Trigger className={buttons.button}>
        Export <span aria-hidden="true">▾</span>
      </Menu.Trigger>
      {/* Not at the end of the page: everything is in a landmark. */}
      <div ref={place} />
      <Menu.Portal container={place}>
        <Menu.Positioner className={styles.positioner} sideOffset={4} align="end">
          <Menu.Popup className={styles.popup}>
            {EXPORTS.map(({ path, format, label }) => (
              <Menu.LinkItem
                key={label}
                className={styles.item}
                href={address(`/api/v1/export/${path}`, { q, format })}
                download
              >
                {label}
              </Menu.LinkItem>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
