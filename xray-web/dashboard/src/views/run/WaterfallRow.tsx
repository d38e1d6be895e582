import { memo } from "react";
import type { Outcome } from "../../api/types";
import { compact, count, duration, percent } from "../../text/format";
import { lengthOf, offset, shareOf } from "./range";
import { pieces } from "./rows";
import { covered, isElsewhere, isFailed, type Node, type Span } from "./tree";
import styles from "./Waterfall.module.css";

type Properties = {
  node: Node;
  id: string;
  index: number;
  /** Pixels from the top, and how high it is. */
  top: number;
  height: number;
  range: Span;
  /** Pixels that the bars have. */
  width: number;
  words: string[];
  isUnfolded: boolean;
  isChosen: boolean;
  isCurrent: boolean;
  /** It is here only because of what is inside of it. */
  isWay: boolean;
  onOpen: (node: Node) => void;
  onToggle: (node: Node) => void;
};

/** Beyond this depth rows are not indented further: a number says how deep they are. */
const DEEPEST = 12;
const INDENT = 14;

/** A step: where it is in the tree, what it did with its items, when it ran. */
export const WaterfallRow = memo(function WaterfallRow(properties: Properties) {
  const { node, id, index, top, height, isUnfolded, isChosen, isCurrent, isWay, onOpen, onToggle } = properties;
  const { step, depth, children } = node;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the keys
    <div
      id={id}
      role="row"
      aria-rowindex={index + 2}
      aria-level={depth + 1}
      aria-setsize={node.parent?.children.length ?? -1}
      aria-posinset={node.place + 1}
      aria-expanded={children.length > 0 ? isUnfolded : undefined}
      aria-selected={isChosen}
      className={styles.row}
      data-current={isCurrent || undefined}
      data-way={isWay || undefined}
      style={{ translate: `0 ${top}px`, height }}
      onClick={() => onOpen(node)}
    >
      <div
        role="gridcell"
        className={styles.name}
        style={{ paddingInlineStart: 6 + Math.min(depth, DEEPEST) * INDENT }}
      >
        <span
          className={styles.fold}
          aria-hidden="true"
          onClick={(event) => {
            if (children.length === 0) return;
            event.stopPropagation();
            onToggle(node);
          }}
        >
          {children.length === 0 ? "" : isUnfolded ? "▾" : "▸"}
        </span>
        {depth > DEEPEST && <span className={styles.deep}>{depth}</span>}
        <span className={styles.label} title={`${step.module}::${step.name}`}>
          <Marked text={step.name} words={properties.words} />
        </span>
        {step.kind && <span className={styles.kind}>{step.kind}</span>}
        {!isUnfolded && children.length > 0 && <span className={styles.kind}>+{count(inside(node))}</span>}
        <Mark outcome={step.outcome} />
        {isElsewhere(node) && (
          <span className={styles.thread} title="It began on another thread than the step that called it">
            thread {step.thread}
          </span>
        )}
      </div>
      <div role="gridcell" className={styles.items}>
        <ItemsCell node={node} />
      </div>
      <div role="gridcell" className={styles.time}>
        {step.duration_ns == null ? "" : duration(step.duration_ns)}
      </div>
      <div role="gridcell" className={styles.track} aria-label={timeWords(node)} title={timeWords(node)}>
        <Bar node={node} range={properties.range} width={properties.width} />
      </div>
    </div>
  );
});

const MARKS: Partial<Record<Outcome, string>> = {
  err: "✕ err",
  panicked: "✕ panicked",
  cancelled: "⊘ cancelled",
  open: "… open",
  lost: "? end lost",
};

/** How a step ended, if not well. */
function Mark({ outcome }: { outcome: Outcome }) {
  const mark = MARKS[outcome];
  return mark ? (
    <span className={styles.mark} data-outcome={outcome}>
      {mark}
    </span>
  ) : null;
}

function ItemsCell({ node: { step } }: { node: Node }) {
  const { items_in, items_out, counts } = step;
  if (items_in == null && items_out == null) return null;
  return (
    <>
      <span className={styles.in}>{items_in == null ? "" : compact(items_in)}</span>
      <span className={styles.arrow}>→</span>
      <span className={styles.out}>{items_out == null ? "–" : compact(items_out)}</span>
      <span className={styles.rate} data-drops={counts.eliminated > 0 || undefined} title="Rejection rate">
        {counts.eliminated > 0 && counts.rejection_rate != null ? percent(counts.rejection_rate) : ""}
        {counts.introduced > 0 ? ` +${compact(counts.introduced)}` : ""}
      </span>
    </>
  );
}

/** Its whole time; darker where none of its children ran. */
function Bar({ node, range, width }: { node: Node; range: Span; width: number }) {
  if (node.to < range.from || node.from > range.to) return <Outside isBefore={node.to < range.from} />;
  const place = ({ from, to }: Span) => {
    const left = Math.max(-0.01, shareOf(range, from));
    const right = Math.min(1.01, shareOf(range, to));
    // What begins at the very end is seen, too.
    return { left: `min(${left * 100}%, 100% - 2px)`, width: `${Math.max(0, right - left) * 100}%` };
  };
  const pixel = lengthOf(range) / Math.max(1, width);
  const inSight = (span: Span) => span.to >= range.from && span.from <= range.to && span.to - span.from >= pixel / 2;
  return (
    <>
      <div
        className={styles.bar}
        data-tone={isFailed(node) ? "bad" : undefined}
        data-open={node.isOpen || undefined}
        style={place(node)}
      />
      {node.children.length > 0 &&
        covered(node, pixel)
          .filter(inSight)
          .map((span) => <div key={span.from} className={styles.covered} style={place(span)} />)}
      {node.atOnce > 1 && (
        <span className={styles.atOnce} style={{ left: `${Math.max(0, shareOf(range, node.from)) * 100}%` }}>
          {node.atOnce} at once
        </span>
      )}
    </>
  );
}

const Outside = ({ isBefore }: { isBefore: boolean }) => (
  <span className={styles.outside} data-before={isBefore || undefined} aria-hidden="true">
    {isBefore ? "◂" : "▸"}
  </span>
);

function timeWords(node: Node): string {
  const length = node.to - node.from;
  const words = [`from ${offset(node.from, Math.max(1, length / 100))}`];
  if (node.isOpen) words.push("not over");
  if (node.children.length > 0 && length > 0)
    words.push(`${duration(node.self)} (${percent(node.self / length)}) in which no child ran`);
  if (node.atOnce > 1) words.push(`up to ${node.atOnce} children at once`);
  words.push(`thread ${node.step.thread}`);
  return words.join(", ");
}

function inside(node: Node): number {
  let inside = 0;
  const next = [...node.children];
  for (let child = next.pop(); child; child = next.pop()) {
    inside += 1;
    next.push(...child.children);
  }
  return inside;
}

function Marked({ text, words }: { text: string; words: string[] }) {
  return pieces(text, words).map((piece, index) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no other identity
    index % 2 === 1 ? <mark key={index}>{piece}</mark> : piece,
  );
}
