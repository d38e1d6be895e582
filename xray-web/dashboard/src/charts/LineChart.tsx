import { AxisBottom, AxisLeft } from "@visx/axis";
import { scaleLinear, scaleTime } from "@visx/scale";
import { AreaClosed, LinePath } from "@visx/shape";
import { type KeyboardEvent, type PointerEvent, useId, useState } from "react";
import { moment } from "../text/format";
import { ChartTable } from "./ChartTable";
import styles from "./LineChart.module.css";
import { isAlone, type Line, nearest, told, toldAt } from "./lines";
import { roundTicks, timeFormat } from "./ticks";
import { useSize } from "./useSize";

type Properties = {
  title: string;
  /** When each value's share of time begins: they are equally far from each other. */
  times: Date[];
  lines: Line[];
  format: (value: number) => string;
  /** Values are nanoseconds. */
  durations?: boolean;
  /** There are no halves of them. */
  whole?: boolean;
  /** The least that the top of the axis is. */
  atLeast?: number;
  /** Somebody wants to see one of the times closer. */
  onPick?: (index: number) => void;
};

const HEIGHT = 190;
const MARGIN = { top: 8, right: 12, bottom: 24, left: 58 };
const BAR = 9;

/** Values over time. The values under the pointer, or at the place that the arrow keys go to, are in the legend. */
export function LineChart({ title, times, lines, format, durations, whole, atLeast = 0, onPick }: Properties) {
  const { ref, width } = useSize<HTMLDivElement>();
  const [at, setAt] = useState<number>();
  const id = useId();
  const last = times.length - 1;
  const known = lines.flatMap((line) => line.values.filter((value) => value !== null));
  const inner = { width: Math.max(0, width - MARGIN.left - MARGIN.right), height: HEIGHT - MARGIN.top - MARGIN.bottom };
  const begin = times[0]?.getTime() ?? 0;
  const end = times[last]?.getTime() ?? 0;
  const ticks = roundTicks(Math.max(atLeast, ...known), { durations, whole });
  // A single time is in the middle.
  const room = begin === end ? 1 : 0;
  const x = scaleTime({ domain: [begin - room, end + room], range: [0, inner.width] });
  const y = scaleLinear<number>({ domain: [0, ticks.at(-1) ?? 1], range: [inner.height, 0] });
  const xOf = (index: number) => x(times[index] ?? begin);

  function point(event: PointerEvent<HTMLElement>) {
    const box = event.currentTarget.getBoundingClientRect();
    setAt(last > 0 ? nearest((event.clientX - box.left) / box.width, times.length) : 0);
  }
  function press(event: KeyboardEvent) {
    const from = at ?? last;
    const to: Record<string, number> = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: last };
    const target = to[event.key];
    if (target !== undefined) setAt(Math.max(0, Math.min(last, target)));
    else if (event.key === "Enter" && at !== undefined) onPick?.(at);
    else return;
    event.preventDefault();
  }

  return (
    <figure className={styles.figure} aria-labelledby={id}>
      <figcaption className={styles.caption}>
        <h3 id={id}>{title}</h3>
        <ul className={styles.legend}>
          {lines.map((line) => {
            const value = at === undefined ? undefined : (line.values[at] ?? null);
            return (
              <li key={line.name} data-tone={line.tone} data-dash={line.dash}>
                <span className={styles.sample} aria-hidden="true" />
                {line.name}
                {value !== undefined && <strong> {value === null ? "–" : format(value)}</strong>}
              </li>
            );
          })}
          {at !== undefined && times[at] && <li className={styles.when}>{moment(times[at])}</li>}
        </ul>
      </figcaption>
      <div ref={ref} className={styles.plot} style={{ height: HEIGHT }}>
        {known.length === 0 ? (
          <p className={styles.none}>No values in this time.</p>
        ) : (
          width > 0 && (
            <>
              <svg width={width} height={HEIGHT} role="img" aria-label={`${title}. ${told(lines, format)}`}>
                <g transform={`translate(${MARGIN.left} ${MARGIN.top})`}>
                  {ticks.map((tick) => (
                    <line key={tick} className={styles.grid} x2={inner.width} y1={y(tick)} y2={y(tick)} />
                  ))}
                  <AxisLeft
                    scale={y}
                    tickValues={ticks}
                    tickFormat={(tick) => format(Number(tick))}
                    hideAxisLine
                    hideTicks
                    tickClassName={styles.tick ?? ""}
                    tickLabelProps={{ dx: "-0.2em", dy: "0.3em", textAnchor: "end" }}
                  />
                  <AxisBottom
                    scale={x}
                    top={inner.height}
                    {...(room ? { tickValues: [new Date(begin)] } : {})}
                    numTicks={Math.max(2, Math.floor(inner.width / 110))}
                    tickFormat={(tick) => timeFormat(end - begin)(tick as Date)}
                    axisClassName={styles.axis ?? ""}
                    tickClassName={styles.tick ?? ""}
                    tickLength={4}
                    tickLabelProps={{ textAnchor: "middle" }}
                  />
                  {lines.map((line) => (
                    <Drawn key={line.name} line={line} x={xOf} y={y} />
                  ))}
                  {at !== undefined && (
                    <>
                      <line className={styles.cross} x1={xOf(at)} x2={xOf(at)} y2={inner.height} />
                      {lines.map(({ name, tone, values }) => {
                        const value = values[at] ?? null;
                        return (
                          value !== null && (
                            <circle
                              key={name}
                              className={styles.dot}
                              data-tone={tone}
                              cx={xOf(at)}
                              cy={y(value)}
                              r={4}
                            />
                          )
                        );
                      })}
                    </>
                  )}
                </g>
              </svg>
              <div
                role="slider"
                tabIndex={0}
                aria-label={`Time in ${title}`}
                aria-valuemin={0}
                aria-valuemax={last}
                aria-valuenow={at ?? last}
                aria-valuetext={`${moment(times[at ?? last] ?? new Date(end))}: ${toldAt(lines, at ?? last, format)}`}
                className={styles.over}
                data-pick={onPick !== undefined || undefined}
                style={{ left: MARGIN.left, right: MARGIN.right, top: MARGIN.top, height: inner.height }}
                onPointerMove={point}
                onPointerLeave={() => setAt(undefined)}
                onBlur={() => setAt(undefined)}
                onClick={() => at !== undefined && onPick?.(at)}
                onKeyDown={press}
              />
            </>
          )
        )}
      </div>
      {known.length > 0 && <ChartTable title={title} times={times} lines={lines} format={format} />}
    </figure>
  );
}

type DrawnProperties = {
  line: Line;
  x: (index: number) => number;
  y: ReturnType<typeof scaleLinear<number>>;
};

/** One line, with gaps where there are no values. */
function Drawn({ line: { tone, values, filled, dash }, x, y }: DrawnProperties) {
  const places = values.map((_, index) => index);
  const path = {
    data: places,
    x,
    y: (index: number) => y(values[index] ?? 0),
    defined: (index: number) => (values[index] ?? null) !== null,
  };
  return (
    <g data-tone={tone} data-dash={dash}>
      {filled && <AreaClosed {...path} yScale={y} className={styles.area ?? ""} />}
      <LinePath {...path} className={styles.line ?? ""} />
      {places.map((index) => {
        const value = values[index] ?? null;
        if (value === null || !isAlone(values, index)) return null;
        return (
          <g key={index} className={styles.alone}>
            {filled && <rect x={x(index) - BAR / 2} y={y(value)} width={BAR} height={Math.max(0, y(0) - y(value))} />}
            <circle cx={x(index)} cy={y(value)} r={3} />
          </g>
        );
      })}
    </g>
  );
}
