import { Button } from "../parts/Button";
import { count } from "../text/format";
import styles from "./Json.module.css";

type Properties = {
  places: number;
  /** Which of them one is at, from 0. */
  at: number;
  /** There may be more of them than were looked for. */
  isLimited?: boolean;
  onMove: (by: 1 | -1) => void;
};

/** How often something was found, and the way from one place to another. */
export function FoundSteps({ places, at, isLimited = false, onMove }: Properties) {
  return (
    <>
      <span className={styles.found} role="status">
        {places === 0 ? "Not found" : `${count(at + 1)} of ${count(places)}${isLimited ? "+" : ""}`}
      </span>
      <Button quiet aria-label="Previous" disabled={places === 0} onClick={() => onMove(-1)}>
        ↑
      </Button>
      <Button quiet aria-label="Next" disabled={places === 0} onClick={() => onMove(1)}>
        ↓
      </Button>
    </>
  );
}
