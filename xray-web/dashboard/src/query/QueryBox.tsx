// Where a query is written. The editor is loaded when somebody is about to write, or a query has to be shown: until it is
// there, and if it never is, a plain text box does the same without colours and completion.
import { lazy, Suspense, useId, useRef, useState } from "react";
import { Button } from "../parts/Button";
import { useShortcut } from "../shell/shortcuts";
import type { RowKind } from "./complete";
import { PlainBox } from "./PlainBox";
import type { QueryProblem } from "./problem";
import styles from "./QueryBox.module.css";

const Editor = lazy(() =>
  import("./Editor").then(
    ({ Editor }) => ({ default: Editor }),
    () => ({ default: PlainBox }),
  ),
);

export type BoxProperties = {
  of: RowKind;
  label: string;
  placeholder: string;
  /** What is in force. */
  value: string;
  /** What is written. */
  draft: string;
  onDraft: (draft: string) => void;
  onApply: (query: string) => void;
  problem: QueryProblem | undefined;
  /** Where there are details of the problem. */
  describedBy: string | undefined;
  /** Whether the box has the focus: one takes over from the other. */
  focused: { current: boolean };
  /** Where the box leaves what gives it the focus. */
  focus: { current: (() => void) | null };
  /** Somebody is about to write. */
  onNear: () => void;
};

type Properties = {
  /** What the query is asked of. */
  of: RowKind;
  /** The query that is in force. */
  value: string;
  /** Enter: the query that is to be. An empty text is none. */
  onApply: (query: string) => void;
  /** What is wrong with `value`: see `queryProblem`. */
  problem?: QueryProblem | undefined;
  label?: string;
  placeholder?: string;
};

const EXAMPLES: Record<RowKind, string> = {
  run: 'steps.exists(s, s.name == "rank" && s.failed)',
  step: 'kind == "filter" && rejection_rate > 0.9',
  decision: 'outcome == "eliminated" && reason.contains("rating")',
};

export function QueryBox({ of, value, onApply, problem, label = "Query", placeholder = EXAMPLES[of] }: Properties) {
  const [draft, setDraft] = useState(value);
  const [last, setLast] = useState(value);
  const [isWanted, setWanted] = useState(false);
  const focused = useRef(false);
  const focus = useRef<() => void>(null);
  const message = useId();
  useShortcut("q", `Write a ${label.toLowerCase()}`, () => focus.current?.());
  if (last !== value) {
    setLast(value);
    setDraft(value);
  }
  // What is wrong was said of `value`: it is of no meaning for what has been written since.
  const shown = draft.trim() === value.trim() ? problem : undefined;
  const properties: BoxProperties = {
    of,
    label,
    placeholder,
    value,
    draft,
    onDraft: setDraft,
    onApply: (query) => onApply(query.trim()),
    problem: shown,
    describedBy: shown ? message : undefined,
    focused,
    focus,
    onNear: () => setWanted(true),
  };
  return (
    <div className={styles.whole}>
      <div className={styles.box} data-wrong={shown !== undefined || undefined}>
        <Suspense fallback={<PlainBox {...properties} />}>
          {isWanted || value !== "" ? <Editor {...properties} /> : <PlainBox {...properties} />}
        </Suspense>
        {draft.trim() !== value.trim() && (
          <Button quiet className={styles.button} onClick={() => onApply(draft.trim())} title="Enter">
            Ask
          </Button>
        )}
        {value !== "" && (
          <Button
            quiet
            className={styles.button}
            aria-label={`Clear the ${label.toLowerCase()}`}
            onClick={() => onApply("")}
          >
            ✕
          </Button>
        )}
      </div>
      {/* The region is there before there is something to say, so that it is heard. */}
      <p id={message} role="status" className={styles.message}>
        {shown && (
          <>
            {shown.detail}
            {shown.suggestion && <>: {shown.suggestion}</>}
            <span className="visually-hidden">, at character {shown.from + 1}</span>
          </>
        )}
      </p>
    </div>
  );
}
