import type { RefObject } from "react";
import { Button } from "../parts/Button";
import { CopyButton } from "../parts/CopyButton";
import { FoundSteps } from "./FoundSteps";
import styles from "./Json.module.css";

export type Found = { words: string; places: number; at: number; isLimited: boolean };

type Properties = {
  /** A value that is seen at a glance needs no search. */
  isLarge: boolean;
  found: Found;
  box: RefObject<HTMLInputElement | null>;
  onWords: (words: string) => void;
  onMove: (by: 1 | -1) => void;
  onLeave: () => void;
  onDepth: (depth: number) => void;
  copies: { label: string; text: () => string }[];
};

/** Finds words in the tree, opens it down to a depth, and copies what is chosen. */
export function JsonToolbar({ isLarge, found, box, onWords, onMove, onLeave, onDepth, copies }: Properties) {
  return (
    <div className={styles.toolbar}>
      {isLarge && (
        <input
          ref={box}
          type="search"
          className={styles.find}
          aria-label="Find in names and values"
          placeholder="Find"
          value={found.words}
          onChange={(event) => onWords(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") onMove(event.shiftKey ? -1 : 1);
            else if (event.key === "Escape") onLeave();
            else return;
            event.preventDefault();
          }}
        />
      )}
      {found.words !== "" && (
        <FoundSteps places={found.places} at={found.at} isLimited={found.isLimited} onMove={onMove} />
      )}
      <span className={styles.group}>
        {isLarge && (
          <>
            <Button quiet onClick={() => onDepth(1)}>
              Close
            </Button>
            <Button quiet onClick={() => onDepth(2)}>
              2 levels
            </Button>
            <Button quiet onClick={() => onDepth(Number.POSITIVE_INFINITY)}>
              Open all
            </Button>
          </>
        )}
      </span>
      {copies.map(({ label, text }) => (
        <CopyButton key={label} label={label} text={text} />
      ))}
    </div>
  );
}
