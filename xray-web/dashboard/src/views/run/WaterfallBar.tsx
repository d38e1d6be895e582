import { type RefObject, useId } from "react";
import { Button } from "../../parts/Button";
import { count, duration } from "../../text/format";
import { lengthOf } from "./range";
import type { Span } from "./tree";
import styles from "./WaterfallBar.module.css";

type Properties = {
  input: RefObject<HTMLInputElement | null>;
  q: string;
  onSearch: (q: string) => void;
  /** How many were found, if something is searched for. */
  found: number | undefined;
  onNext: (direction: 1 | -1) => void;
  failures: number;
  errors: boolean;
  onErrors: () => void;
  isFolded: boolean;
  onFold: () => void;
  range: Span;
  isZoomed: boolean;
  onZoom: (factor: number | undefined) => void;
  onLeave: () => void;
};

/** What is searched for, folded and in sight. */
export function WaterfallBar(properties: Properties) {
  const { input, q, onSearch, found, onNext, failures, errors, onErrors, isFolded, onFold, onLeave } = properties;
  const { range, isZoomed, onZoom } = properties;
  const says = useId();
  return (
    <div className={styles.bar}>
      <input
        ref={input}
        type="search"
        className={styles.search}
        aria-label="Search steps"
        aria-describedby={says}
        placeholder="Search steps  /"
        value={q}
        onChange={(event) => onSearch(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") onNext(event.shiftKey ? -1 : 1);
          else if (event.key === "Escape" && q !== "") onSearch("");
          else if (event.key === "Escape" || event.key === "ArrowDown") onLeave();
          else return;
          event.preventDefault();
        }}
      />
      <span id={says} className={styles.found} role="status">
        {found === undefined ? "" : `${count(found)} found`}
      </span>
      {((found ?? 0) > 0 || failures > 0) && (
        <span className={styles.group}>
          <Button
            quiet
            aria-label={found === undefined ? "Previous error" : "Previous found"}
            title="["
            onClick={() => onNext(-1)}
          >
            ↑
          </Button>
          <Button
            quiet
            aria-label={found === undefined ? "Next error" : "Next found"}
            title="]"
            onClick={() => onNext(1)}
          >
            ↓
          </Button>
        </span>
      )}
      {(failures > 0 || errors) && (
        <Button aria-pressed={errors} onClick={onErrors} title="e">
          Errors only ({count(failures)})
        </Button>
      )}
      <Button onClick={onFold}>{isFolded ? "Unfold all" : "Fold all"}</Button>
      <span className={styles.group} data-end>
        <span className={styles.found}>{duration(lengthOf(range))} in sight</span>
        <Button
          quiet
          aria-label="Show more time"
          title="− or Ctrl and wheel"
          disabled={!isZoomed}
          onClick={() => onZoom(2)}
        >
          −
        </Button>
        <Button quiet aria-label="Show less time" title="+ or Ctrl and wheel" onClick={() => onZoom(0.5)}>
          +
        </Button>
        <Button quiet title="Show the whole time (0)" disabled={!isZoomed} onClick={() => onZoom(undefined)}>
          Whole run
        </Button>
      </span>
    </div>
  );
}
