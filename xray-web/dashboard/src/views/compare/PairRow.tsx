import { useId } from "react";
import type { Pair } from "../../api/types";
import { Badge, OutcomeBadge } from "../../parts/Badge";
import { duration, things } from "../../text/format";
import styles from "./Compare.module.css";
import { PairDetail } from "./PairDetail";
import { ratio, SIGNS, WORDS } from "./pairs";

type Properties = { pair: Pair; a: string; b: string; isCurrent: boolean; isOpen: boolean; onTurn: () => void };

const DEEPEST = 8;

/** Two steps that are each other's, in a line, and with all that differs when it is open. */
export function PairRow({ pair, a, b, isCurrent, isOpen, onTurn }: Properties) {
  const id = useId();
  const step = pair.a ?? pair.b;
  const took = (ns: number | null | undefined) => (ns === null || ns === undefined ? "–" : duration(ns));
  return (
    <article className={styles.pair} data-current={isCurrent || undefined} data-kind={pair.kind}>
      <button type="button" className={styles.pairHeader} aria-expanded={isOpen} aria-controls={id} onClick={onTurn}>
        <span aria-hidden="true">{isOpen ? "▾" : "▸"}</span>
        <span className={styles.sign} aria-hidden="true">
          {SIGNS[pair.kind]}
        </span>
        <span className={styles.name} style={{ paddingInlineStart: `${Math.min(pair.depth, DEEPEST) * 0.9}rem` }}>
          <strong>{step?.name}</strong> <span className={styles.faint}>{step?.kind}</span>
        </span>
        <span className={styles.ways}>
          <span className={pair.kind === "changed" ? "visually-hidden" : styles.faint}>{WORDS[pair.kind]}</span>
          {pair.ways.map((way) => (
            <Badge key={way} tone={way === "outcome" || way === "error" ? "bad" : "plain"}>
              {way}
            </Badge>
          ))}
          {pair.a && pair.b && pair.a.outcome !== pair.b.outcome && (
            <span>
              <OutcomeBadge outcome={pair.a.outcome} /> → <OutcomeBadge outcome={pair.b.outcome} />
            </span>
          )}
          {pair.flipped.length > 0 && (
            <Badge tone="violet">{things(pair.flipped.length + pair.more_flipped, "decision")} flipped</Badge>
          )}
          {pair.moved && (
            <Badge title="They stand at different places among those that their caller called">moved</Badge>
          )}
        </span>
        <span className={styles.took}>
          {pair.a && took(pair.a.duration_ns)}
          {pair.a && pair.b && " → "}
          {pair.b && took(pair.b.duration_ns)}
          {typeof pair.duration_ratio === "number" && (
            <span className={styles.faint}> {ratio(pair.duration_ratio)}</span>
          )}
        </span>
      </button>
      <div id={id}>{isOpen && <PairDetail pair={pair} a={a} b={b} />}</div>
    </article>
  );
}
