// How many there are, by two things that were cut into buckets: the darker, the more. A rectangle of it can be chosen.
import { AxisBottom, AxisLeft } from "@visx/axis";
import { Group } from "@visx/group";
import { scaleLinear, scaleSqrt } from "@visx/scale";
import { type KeyboardEvent, type PointerEvent, useId, useState } from "react";
import styles from "./Heatmap.module.css";
import { type Bounds, boundsOf, type Cell, moved, type Rectangle } from "./selection";
import { useSize } from "./useSize";

export type HeatCell = Cell & { count: number; failed: number };

type Properties = {
  /** What is shown, for those who cannot see it. */
  label: string;
  cells: HeatCell[];
  columns: number;
  rows: number;
  /** What is written at the beginning of a column, and at the lower end of a row. */
  columnTick: (column: number) => string;
  rowTick: (row: number) => string;
  /** What a rectangle of buckets holds, in words. */
  tell: (bounds: Bounds, count: number, failed: number) => string;
  onSelect: (bounds: Bounds) => void;
};

const MARGIN = { left: 56, right: 12, top: 6, bottom: 22 };
const TICK_PX = 130;
const HINT = "Drag to choose a time and durations: they become the filter.";
const KEYS = "Arrow keys move, Shift and arrow keys choose, Enter filters.";

export function Heatmap({ label, cells, columns, rows, columnTick, rowTick, tell, onSelect }: Properties) {
  const { ref, width, height } = useSize<HTMLDivElement>();
  const [chosen, setChosen] = useState<Rectangle>();
  const [dragging, setDragging] = useState(false);
  const readout = useId();
  const inner = { width: Math.max(0, width - MARGIN.left - MARGIN.right), height: height - MARGIN.top - MARGIN.bottom };
  const x = scaleLinear({ domain: [0, columns], range: [0, inner.width] });
  const y = scaleLinear({ domain: [0, rows], range: [inner.height, 0] });
  const most = Math.max(1, ...cells.map(({ count }) => count));
  const strength = scaleSqrt({ domain: [0, most], range: [0.12, 1] });
  const bounds = chosen && boundsOf(chosen);

  function cellAt(event: PointerEvent<HTMLDivElement>): Cell {
    const box = event.currentTarget.getBoundingClientRect();
    const within = (value: number, most: number) => Math.max(0, Math.min(most - 1, Math.floor(value)));
    return {
      column: within(x.invert(event.clientX - box.left - MARGIN.left), columns),
      row: within(y.invert(event.clientY - box.top - MARGIN.top), rows),
    };
  }

  function choose(rectangle: Rectangle) {
    setChosen(undefined);
    setDragging(false);
    onSelect(boundsOf(rectangle));
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const first = { column: 0, row: 0 };
    const next = moved(chosen ?? { anchor: first, head: first }, event.key, event.shiftKey, columns, rows);
    if (next) setChosen(chosen ? next : { anchor: first, head: first });
    else if (event.key === "Enter" && chosen) choose(chosen);
    else if (event.key === "Escape" && chosen) {
      setChosen(undefined);
      setDragging(false);
    } else return;
    event.preventDefault();
  }

  return (
    <div className={styles.whole}>
      <div
        ref={ref}
        className={styles.chart}
        role="application"
        aria-label={`${label}. ${KEYS}`}
        aria-describedby={readout}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: an application has keys of its own
        tabIndex={0}
        onKeyDown={onKeyDown}
        onBlur={() => setChosen(undefined)}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          const cell = cellAt(event);
          setDragging(true);
          setChosen({ anchor: cell, head: cell });
        }}
        onPointerMove={(event) => {
          const head = cellAt(event);
          setChosen((earlier) => ({ anchor: dragging && earlier ? earlier.anchor : head, head }));
        }}
        onPointerUp={() => {
          if (dragging && chosen) choose(chosen);
        }}
        onPointerCancel={() => {
          setDragging(false);
          setChosen(undefined);
        }}
        onPointerLeave={() => {
          if (!dragging) setChosen(undefined);
        }}
      >
        {inner.width > 0 && (
          <svg width={width} height={height} aria-hidden="true" className={styles.svg}>
            <Group left={MARGIN.left} top={MARGIN.top}>
              <rect className={styles.ground} width={inner.width} height={inner.height} />
              {cells.map(({ column, row, count, failed }) => (
                <g key={`${column} ${row}`} transform={`translate(${x(column)} ${y(row + 1)})`}>
                  <Share
                    width={Math.max(1, x(1) - 1)}
                    height={Math.max(1, y(0) - y(1) - 1)}
                    strength={strength(count)}
                    failed={failed / count}
                  />
                </g>
              ))}
              {bounds && (
                <rect
                  className={styles.chosen}
                  x={x(bounds.columns[0])}
                  y={y(bounds.rows[1] + 1)}
                  width={x(bounds.columns[1] + 1) - x(bounds.columns[0])}
                  height={y(bounds.rows[0]) - y(bounds.rows[1] + 1)}
                />
              )}
              <AxisLeft
                scale={y}
                tickValues={thinned(rows, Math.max(2, Math.floor(inner.height / 18)))}
                tickFormat={(row) => rowTick(Number(row))}
                hideTicks
                hideAxisLine
                tickLabelProps={{ className: styles.tick, textAnchor: "end", dx: -4, dy: "0.32em" }}
              />
              <AxisBottom
                scale={x}
                top={inner.height}
                tickValues={thinned(columns, Math.max(2, Math.floor(inner.width / TICK_PX)))}
                tickFormat={(column) => columnTick(Number(column))}
                tickLength={4}
                stroke="var(--line-strong)"
                tickStroke="var(--line-strong)"
                tickLabelProps={(column) => ({
                  className: styles.tick,
                  textAnchor: anchor(Number(column), columns),
                  dy: "0.1em",
                })}
              />
            </Group>
          </svg>
        )}
      </div>
      <p id={readout} className={styles.readout} role="status">
        {bounds ? tell(bounds, ...sums(cells, bounds)) : HINT}
      </p>
    </div>
  );
}

/** A cell: what failed is at its foot, as wide as its share. */
function Share({
  width,
  height,
  strength,
  failed,
}: {
  width: number;
  height: number;
  strength: number;
  failed: number;
}) {
  const foot = Math.min(4, height / 3);
  return (
    <>
      <rect className={styles.cell} width={width} height={height} fillOpacity={strength} />
      {failed > 0 && (
        <rect className={styles.failed} y={height - foot} width={Math.max(2, width * failed)} height={foot} />
      )}
    </>
  );
}

function sums(cells: HeatCell[], { columns, rows }: Bounds): [count: number, failed: number] {
  let [count, failed] = [0, 0];
  for (const cell of cells) {
    if (cell.column < columns[0] || cell.column > columns[1] || cell.row < rows[0] || cell.row > rows[1]) continue;
    count += cell.count;
    failed += cell.failed;
  }
  return [count, failed];
}

/** Labels stay within the chart. */
const anchor = (column: number, columns: number) =>
  column === 0 ? "start" : column > columns * 0.95 ? "end" : "middle";

/** The ends of `count` buckets, or every second, third … where there is no room for all. */
function thinned(count: number, most: number): number[] {
  const step = Math.max(1, Math.ceil((count + 1) / most));
  return Array.from({ length: Math.floor(count / step) + 1 }, (_, index) => index * step);
}
