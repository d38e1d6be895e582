import { type PointerEvent, useMemo, useState } from "react";
import { useSize } from "../../charts/useSize";
import { duration } from "../../text/format";
import styles from "./Overview.module.css";
import { density, isWhole, lengthOf, moved, shareOf } from "./range";
import { isFailed, type Span, type Tree } from "./tree";

const HEIGHT = 36;
/** A drag of fewer pixels is a click. */
const CLICK = 4;

/** How many steps ran at each time of the whole run. What is dragged over comes into sight; a click moves there. */
export function Overview(properties: { tree: Tree; range: Span; onRange: (range: Span) => void }) {
  const { tree, range, onRange } = properties;
  const { nodes, whole } = tree;
  const { ref, width } = useSize<SVGSVGElement>();
  const [drag, setDrag] = useState<{ from: number; to: number }>();
  const columns = Math.max(1, Math.floor(width));
  const path = useMemo(() => outline(density(nodes, whole, columns), columns), [nodes, whole, columns]);
  const failures = useMemo(
    () => [...new Set(nodes.filter(isFailed).map((node) => Math.round(shareOf(whole, node.to) * columns)))],
    [nodes, whole, columns],
  );

  const timeAt = (event: PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
    return whole.from + share * lengthOf(whole);
  };
  function end() {
    if (!drag) return;
    setDrag(undefined);
    const [from, to] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)];
    if (((to - from) / lengthOf(whole)) * columns >= CLICK) onRange({ from, to });
    else if (!isWhole(range, whole)) onRange(moved(range, whole, from - (range.from + range.to) / 2));
  }

  const seen = drag ? { from: Math.min(drag.from, drag.to), to: Math.max(drag.from, drag.to) } : range;
  const left = shareOf(whole, seen.from) * columns;
  const right = shareOf(whole, seen.to) * columns;
  return (
    <svg
      ref={ref}
      className={styles.overview}
      height={HEIGHT}
      role="img"
      aria-label={`The whole run, ${duration(lengthOf(whole))}${isWhole(range, whole) ? "" : `, of which ${duration(lengthOf(range))} are in sight`}`}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        const at = timeAt(event);
        setDrag({ from: at, to: at });
      }}
      onPointerMove={(event) => drag && setDrag({ ...drag, to: timeAt(event) })}
      onPointerUp={end}
      onPointerCancel={() => setDrag(undefined)}
      onDoubleClick={() => onRange(whole)}
    >
      <path className={styles.running} d={path} />
      {failures.map((x) => (
        <line key={x} className={styles.failure} x1={x} x2={x} y1={0} y2={HEIGHT} />
      ))}
      {(drag || !isWhole(range, whole)) && (
        <>
          <rect className={styles.shade} x={0} width={Math.max(0, left)} height={HEIGHT} />
          <rect className={styles.shade} x={right} width={Math.max(0, columns - right)} height={HEIGHT} />
          <rect className={styles.window} x={left} width={Math.max(2, right - left)} height={HEIGHT} />
        </>
      )}
    </svg>
  );
}

/** A line round the columns, of which the highest has the whole height; low ones are seen, too. */
function outline(counts: number[], columns: number): string {
  const most = Math.log1p(Math.max(1, ...counts));
  const steps = counts.map((count, x) => {
    const y = HEIGHT - (Math.log1p(count) / most) * (HEIGHT - 4);
    return `V${y.toFixed(1)}H${x + 1}`;
  });
  return `M0 ${HEIGHT}${steps.join("")}V${HEIGHT}H${columns}Z`;
}
