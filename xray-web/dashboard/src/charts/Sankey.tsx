import type { ReactNode } from "react";
import styles from "./Sankey.module.css";
import { BAR, type Flow, type Part, type Placed, placed, ribbonAside, ribbonDown, type Scale } from "./sankey";

export type SankeyStage = Flow & {
  id: string;
  name: string;
  /** A line below the name. */
  numbers: string;
  /** A second one. */
  about: string;
  /** Of the drops. */
  labels: { number: string; text: string }[];
  /** What is said where the flow ends. */
  end: string;
};

/** A link around what is drawn. `text` is what can be read of it, maybe cut: its name has to contain that. */
type Linked = { text: string; drawn: ReactNode };

type Properties = {
  label: string;
  stages: SankeyStage[];
  scale: Scale;
  width: number;
  stageLink: (stage: number, linked: Linked) => ReactNode;
  dropLink: (stage: number, drop: number, linked: Linked) => ReactNode;
};

const NAMES = 176;
/** Of a letter of the fixed-width type at 12.5 pixels. */
const LETTER = 7.6;
const TOP = 6;
/** For what is said below the last bar. */
const END = 28;
const NUMBER = 68;

/** Items on their way through stages: each ribbon as wide as they are many, what is left out going to the right. */
export function Sankey({ label, stages, scale, width, stageLink, dropLink }: Properties) {
  const room = width - NAMES;
  const flow = Math.max(120, Math.min(460, room * 0.42));
  const aside = { from: flow + 36, to: room };
  const places = placed(stages, flow, scale);
  const last = places.at(-1);
  const height = (last ? last.y + last.height : 0) + TOP + END;
  return (
    <svg className={styles.sankey} width={width} height={height} role="group" aria-label={label}>
      {stages.map((stage, index) => {
        const place = places[index];
        if (!place) return null;
        const { y } = place;
        return (
          <g key={stage.id} transform={`translate(0 ${TOP})`}>
            {stageLink(index, heading(stage, y))}
            <text className={styles.about} y={y + 44}>
              {shortened(stage.about, NAMES - 6)}
            </text>
            <g transform={`translate(${NAMES} 0)`}>
              <Way place={place} />
              {place.drops.map((part, drop) => (
                <g key={stage.labels[drop]?.text}>
                  {/* Not inside of the link, of whose text it would be a part. */}
                  <title>{stage.labels[drop]?.text}</title>
                  {dropLink(index, drop, dropped(part, y, aside, stage.labels[drop]))}
                </g>
              ))}
              {place.next === undefined && (
                <text className={styles.about} y={y + place.height + 20}>
                  {stage.end}
                </text>
              )}
            </g>
          </g>
        );
      })}
    </svg>
  );
}

function heading({ name, numbers }: SankeyStage, y: number): Linked {
  const shown = shortened(name, NAMES - 10);
  const drawn = (
    <>
      <rect className={styles.ground} y={y - 4} width={NAMES - 10} height={38} />
      <text className={styles.name} y={y + 11}>
        {shown}
      </text>{" "}
      <text y={y + 28}>{numbers}</text>
    </>
  );
  return { text: `${shown} ${numbers}`, drawn };
}

/** What goes on, and where it ends. */
function Way({ place: { y, height, kept, out, next } }: { place: Placed }) {
  const bottom = y + height;
  return (
    <>
      {out !== undefined && <path className={styles.kept} d={ribbonDown(y + BAR, kept, bottom, next ?? out)} />}
      {out !== undefined && out > kept && (
        <path className={styles.introduced} d={`M${kept} ${y + BAR}L${out} ${bottom}H${kept}Z`} />
      )}
      <rect className={styles.bar} y={y} width={Math.max(1, kept)} height={BAR} />
      {next === undefined && <rect className={styles.bar} y={bottom} width={Math.max(1, out ?? 0)} height={3} />}
    </>
  );
}

function dropped(part: Part, y: number, aside: { from: number; to: number }, label = { number: "", text: "" }): Linked {
  const shown = shortened(label.text, aside.to - aside.from - NUMBER - 16);
  const drawn = (
    <>
      <path className={styles.drop} d={ribbonAside(part, y + BAR, aside.from)} />
      <rect className={styles.dropped} x={part.x0} y={y} width={Math.max(1, part.x1 - part.x0)} height={BAR} />
      <rect className={styles.ground} x={aside.from} y={part.y - 11} width={aside.to - aside.from} height={22} />
      <text className={styles.number} x={aside.from + NUMBER} y={part.y + 4}>
        {label.number}
      </text>{" "}
      <text className={styles.reason} x={aside.from + NUMBER + 10} y={part.y + 4}>
        {shown}
      </text>
    </>
  );
  return { text: `${label.number} ${shown}`, drawn };
}

function shortened(text: string, pixels: number): string {
  const letters = Math.max(8, Math.floor(pixels / LETTER));
  return text.length > letters ? `${text.slice(0, letters - 1)}…` : text;
}
