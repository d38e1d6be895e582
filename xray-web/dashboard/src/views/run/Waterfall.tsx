// Every step of a run, as a tree and over time.
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useCallback, useEffect, useEffectEvent, useMemo, useRef, useState } from "react";
import { useSize } from "../../charts/useSize";
import { Empty } from "../../parts/Empty";
import { useShortcut } from "../../shell/shortcuts";
import { Overview } from "./Overview";
import { isWhole, lengthOf, moved, offset, shareOf, ticks, within, zoomed } from "./range";
import { following, isUnfolded, rowsOf, toggle, wordsOf } from "./rows";
import type { RunSearch } from "./search";
import { isFailed, type Node, type Span, type Tree } from "./tree";
import { useRange } from "./useRange";
import styles from "./Waterfall.module.css";
import { WaterfallBar } from "./WaterfallBar";
import { WaterfallRow } from "./WaterfallRow";

type Properties = {
  tree: Tree;
  search: RunSearch;
  set: (changes: Partial<RunSearch>) => Promise<void>;
};

/** Below this width the bars are under the names. */
const NARROW = 640;
const ROW = 30;
const NARROW_ROW = 46;
/** Below this one the columns are narrower. */
const MEDIUM = 900;
/** Columns before the bars, in pixels: as in the style sheet. */
const BEFORE_BARS = { wide: 540, medium: 416, narrow: 12 };
/** The last tick has room for what it says. */
const TICK = 56;
/** How much further a turn of the wheel zooms. */
const WHEEL = 0.002;

export function Waterfall({ tree, search, set }: Properties) {
  const { q, errors, level, toggled, step } = search;
  const { rows, matches } = useMemo(
    () => rowsOf(tree, { q, errors }, { level, toggled }),
    [tree, q, errors, level, toggled],
  );
  const [range, setRange] = useRange(tree.whole, search, set);
  const [chosenId, setChosenId] = useState(step);
  const chosen = Math.max(
    0,
    rows.findIndex((node) => node.step.id === chosenId),
  );
  const input = useRef<HTMLInputElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const { ref: sized, width } = useSize<HTMLDivElement>();
  const size = width >= MEDIUM || width === 0 ? "wide" : width >= NARROW ? "medium" : "narrow";
  const rowHeight = size === "narrow" ? NARROW_ROW : ROW;
  const bars = Math.max(100, width - BEFORE_BARS[size]);

  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => rows[index]?.step.id ?? index,
    overscan: 10,
    scrollPaddingStart: 28,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the rows are measured again when they are higher or lower
  useEffect(() => virtualizer.measure(), [virtualizer, rowHeight]);

  // An address may name a step far below.
  const reveal = useEffectEvent(() => virtualizer.scrollToIndex(chosen, { align: "auto" }));
  useEffect(() => reveal(), []);

  const open = useCallback(
    (node: Node) => {
      setChosenId(node.step.id);
      set({ step: node.step.id });
    },
    [set],
  );
  function choose(index: number) {
    const node = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (!node) return;
    setChosenId(node.step.id);
    virtualizer.scrollToIndex(rows.indexOf(node));
    // An open panel goes along.
    if (step !== undefined && step !== node.step.id) set({ step: node.step.id });
  }
  /** As `choose`, from wherever the focus is. */
  function walk(index: number | undefined) {
    if (index === undefined) return;
    scroller.current?.focus({ preventScroll: true });
    choose(index);
  }
  const fold = useCallback((node: Node) => set({ toggled: toggle(toggled, node.step.id) }), [set, toggled]);
  const next = (direction: 1 | -1) =>
    following(rows, chosen, direction, matches ? (node) => matches.has(node) : isFailed);
  const zoom = (factor: number | undefined, at?: number) =>
    setRange(factor === undefined ? tree.whole : zoomed(range, tree.whole, factor, at));

  useShortcut("/", "Search steps", () => input.current?.focus());
  useShortcut("j", "Next step", () => walk(chosen + 1));
  useShortcut("k", "Previous step", () => walk(chosen - 1));
  useShortcut("]", matches ? "Next found" : "Next error", () => walk(next(1)));
  useShortcut("[", matches ? "Previous found" : "Previous error", () => walk(next(-1)));
  useShortcut("e", "Errors only", () => set({ errors: !errors }));
  useShortcut("z", "Show the time of the step", () => rows[chosen] && setRange(within(rows[chosen], tree.whole)));
  useShortcut("+", "Show less time", () => zoom(0.5, middle(rows[chosen], range)));
  useShortcut("-", "Show more time", () => zoom(2, middle(rows[chosen], range)));
  useShortcut("0", "Show the whole time", () => zoom(undefined));

  const onWheel = useEffectEvent((event: WheelEvent) => {
    const sideways = event.shiftKey ? event.deltaY : event.deltaX;
    const track = scroller.current?.querySelector("[data-axis]")?.getBoundingClientRect();
    if (!track) return;
    if (event.ctrlKey || event.metaKey) {
      const share = Math.max(0, Math.min(1, (event.clientX - track.left) / track.width));
      zoom(Math.exp(event.deltaY * WHEEL), range.from + share * lengthOf(range));
    } else if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY) && !isWhole(range, tree.whole)) {
      setRange(moved(range, tree.whole, (sideways / track.width) * lengthOf(range)));
    } else return;
    event.preventDefault();
  });
  useEffect(() => {
    const element = scroller.current;
    const listener = (event: WheelEvent) => onWheel(event);
    // React's own listeners cannot keep the browser from zooming the page.
    element?.addEventListener("wheel", listener, { passive: false });
    return () => element?.removeEventListener("wheel", listener);
  }, []);

  function onKeyDown(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const node = rows[chosen];
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 2);
    const target = { ArrowDown: chosen + 1, ArrowUp: chosen - 1, PageDown: chosen + page, PageUp: chosen - page }[
      event.key
    ];
    if (target !== undefined) choose(target);
    else if (event.key === "Home") choose(0);
    else if (event.key === "End") choose(rows.length - 1);
    else if (!node) return;
    else if (event.key === "Enter") open(node);
    else if (event.key === "ArrowRight") inward(node);
    else if (event.key === "ArrowLeft") outward(node);
    else return;
    event.preventDefault();
  }
  const unfolded = useMemo(() => new Set(toggled), [toggled]);
  const isOpen = (node: Node) => matches !== undefined || isUnfolded(node, level, unfolded);
  function inward(node: Node) {
    if (node.children.length === 0) return;
    if (isOpen(node)) choose(chosen + 1);
    else fold(node);
  }
  function outward(node: Node) {
    if (node.children.length > 0 && isOpen(node) && !matches) fold(node);
    else if (node.parent) choose(rows.indexOf(node.parent));
  }

  const inSight = virtualizer.getVirtualItems();
  const marks = ticks(range, bars / 110).filter((mark) => shareOf(range, mark) < 1 - TICK / bars);
  const apart = (marks[1] ?? range.to) - (marks[0] ?? range.from);
  const words = useMemo(() => wordsOf(q), [q]);
  const failures = useMemo(() => tree.nodes.filter(isFailed).length, [tree]);
  return (
    <div className={styles.waterfall} ref={sized} data-size={size}>
      <WaterfallBar
        input={input}
        q={q}
        onSearch={(q) => set({ q })}
        found={matches?.size}
        onNext={(direction) => choose(next(direction) ?? chosen)}
        failures={failures}
        errors={errors}
        onErrors={() => set({ errors: !errors })}
        isFolded={level !== undefined}
        onFold={() => set({ level: level === undefined ? 1 : undefined, toggled: undefined })}
        range={range}
        isZoomed={!isWhole(range, tree.whole)}
        onZoom={zoom}
        onLeave={() => scroller.current?.focus()}
      />
      <Overview tree={tree} range={range} onRange={setRange} />
      <div
        ref={scroller}
        className={styles.scroller}
        role="treegrid"
        aria-label="Steps"
        aria-rowcount={rows.length + 1}
        aria-colcount={4}
        aria-activedescendant={inSight.some((item) => item.index === chosen) ? rowId(chosen) : undefined}
        tabIndex={0}
        data-grid
        onKeyDown={onKeyDown}
      >
        <div role="row" aria-rowindex={1} className={styles.head}>
          <div role="columnheader" className={styles.name}>
            Step
          </div>
          <div role="columnheader" className={styles.items} title="Items in, items out, the share that was eliminated">
            Items
          </div>
          <div role="columnheader" className={styles.time}>
            Time
          </div>
          <div role="columnheader" className={styles.axis} data-axis aria-label="When">
            {marks.map((mark) => (
              <span key={mark} className={styles.tick} style={{ left: `${shareOf(range, mark) * 100}%` }}>
                {offset(mark, apart)}
              </span>
            ))}
          </div>
        </div>
        <div role="rowgroup" className={styles.body} style={{ height: virtualizer.getTotalSize() }}>
          {inSight.map((item) => {
            const node = rows[item.index];
            return (
              node && (
                <WaterfallRow
                  key={item.key}
                  id={rowId(item.index)}
                  node={node}
                  index={item.index}
                  top={item.start}
                  height={rowHeight}
                  range={range}
                  width={bars}
                  words={words}
                  isUnfolded={isOpen(node)}
                  isChosen={item.index === chosen}
                  isCurrent={node.step.id === step}
                  isWay={matches !== undefined && !matches.has(node)}
                  onOpen={open}
                  onToggle={fold}
                />
              )
            );
          })}
        </div>
      </div>
      {rows.length === 0 && (
        <div className={styles.none}>
          <Empty title="No step is like that" inline>
            <p>Search for a part of a name, a kind, a module or an outcome.</p>
          </Empty>
        </div>
      )}
      <p className={styles.legend}>
        <span className={styles.self} aria-hidden="true" /> no child ran
        <span className={styles.children} aria-hidden="true" /> a child ran
        <span className={styles.hint}>Drag above to look closer, or Ctrl and wheel, or z.</span>
      </p>
    </div>
  );
}

/** Of what is in sight of a step; without any, of the range. */
function middle(node: Node | undefined, range: Span): number | undefined {
  if (!node || node.to < range.from || node.from > range.to) return undefined;
  return (Math.max(node.from, range.from) + Math.min(node.to, range.to)) / 2;
}

const rowId = (index: number) => `step-row-${index}`;
