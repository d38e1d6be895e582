// The rows, and what can be done with them.
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useMemo, useRef, useState } from "react";
import { change } from "../../api/client";
import type { RunRow } from "../../api/types";
import { Button } from "../../parts/Button";
import { ColumnMenu } from "../../parts/ColumnMenu";
import { Table } from "../../parts/Table";
import { useShortcut } from "../../shell/shortcuts";
import { count, things } from "../../text/format";
import { columns, SHOWN_AT_FIRST } from "./columns";
import type { Narrow } from "./Filters";
import styles from "./Runs.module.css";
import { markedRuns, type RunsSearch, withMark } from "./search";
import type { useRuns } from "./useRuns";

type Properties = {
  runs: ReturnType<typeof useRuns>;
  total: number | undefined;
  search: RunsSearch;
  narrow: Narrow;
  paused: boolean;
  onPause: (paused: boolean) => void;
};

const idOf = (run: RunRow) => run.id;

export function RunTable({ runs, total, search, narrow, paused, onPause }: Properties) {
  const { list, rows, waiting, put, more, complete, key } = runs;
  const navigate = useNavigate();
  const [note, setNote] = useState<string>();
  const chosen = useRef<RunRow>(undefined);
  const { marked: markedText } = search;
  const marked = useMemo(() => markedRuns({ marked: markedText }), [markedText]);

  const mark = useCallback((run: RunRow) => narrow((search) => ({ marked: withMark(search, run.id) }), true), [narrow]);
  const pin = useCallback(
    (run: RunRow) => {
      setNote(undefined);
      change(run.pinned ? "DELETE" : "PUT", `/api/v1/runs/${run.id}/pin`).then(
        () => put({ ...run, pinned: !run.pinned }),
        (error) => setNote(`Could not ${run.pinned ? "unpin" : "pin"} the run: ${error.message}`),
      );
    },
    [put],
  );
  const choose = useCallback((run: RunRow | undefined) => {
    chosen.current = run;
  }, []);
  const compare = () => navigate({ to: "/compare", search: { a: marked[0], b: marked[1] } });

  useShortcut("x", "Choose the run to compare it", () => chosen.current && mark(chosen.current));
  useShortcut("p", "Pin the run, or let go of it", () => chosen.current && pin(chosen.current));
  useShortcut("c", "Compare the two runs that are chosen", () => marked.length === 2 && compare());

  const all = useMemo(() => {
    const all = columns({ marked, mark, pin });
    // Only what is loaded could be sorted: that is a lie until everything is.
    return complete ? all : all.map(({ sort: _, ...column }) => column);
  }, [marked, mark, pin, complete]);
  const shown = useMemo(() => search.columns?.split(",") ?? SHOWN_AT_FIRST, [search.columns]);
  const hidden = useMemo(() => all.map(({ id }) => id).filter((id) => !shown.includes(id)), [all, shown]);
  const open = useCallback((run: RunRow) => navigate({ to: "/runs/$run", params: { run: run.id } }), [navigate]);

  return (
    <div className={styles.list}>
      <div className={styles.bar}>
        <strong className={styles.loaded}>{loaded(rows.length, total, complete)}</strong>
        {note && (
          <span className={styles.note} role="alert">
            {note}
          </span>
        )}
        {marked.length > 0 && (
          <>
            <Button disabled={marked.length < 2} onClick={compare}>
              {marked.length === 2 ? "Compare 2 runs" : "Choose one more to compare"}
            </Button>
            <Button quiet onClick={() => narrow({ marked: undefined }, true)}>
              Forget
            </Button>
          </>
        )}
        <Button aria-pressed={paused} onClick={() => onPause(!paused)}>
          {paused ? `Paused: ${things(waiting, "run")} ${waiting === 1 ? "waits" : "wait"}` : "Pause"}
        </Button>
        <ColumnMenu
          columns={all}
          shown={shown}
          onChange={(shown) =>
            narrow({ columns: shown.join() === SHOWN_AT_FIRST.join() ? undefined : shown.join() || undefined }, true)
          }
        />
      </div>
      <div className={styles.rows} aria-busy={list.isPlaceholderData}>
        <Table
          key={key}
          label="Runs"
          columns={all}
          hidden={hidden}
          rows={rows}
          rowKey={idOf}
          onOpen={open}
          onChoose={choose}
          onEnd={more}
          total={total === undefined ? undefined : Math.max(total, rows.length) + 1}
          footer={list.isFetchingNextPage && <p className={styles.more}>Loading more runs…</p>}
        />
      </div>
    </div>
  );
}

function loaded(rows: number, total: number | undefined, complete: boolean): string {
  if (complete || total === undefined || total <= rows) return things(rows, "run");
  return `${count(rows)} of ${things(total, "run")} loaded`;
}
