import type { ReactNode } from "react";
import styles from "./Sankey.module.css";
import { BAR, type Flow, placed, ribbonAside, ribbonDown, type Scale } from "./sankey";

export type SankeyStage = Flow & {
  id: string;
  name: string;
  /** A second line below the name. */
  about: string;
  numbers: string;
  labels: { number: string; text: string }[];
  /** What is said below the last bar, or where the flow ends. */
  end: string;
};

type Properties = {
  label: string;
  stages: SankeyStage[];
  scale: Scale;
  width: number;
  /** What a stage's name and a drop lead to: around what is drawn. */
  stageLink: (stage: number, drawn: ReactNode) => ReactNode;
  dropLink: (stage: number, drop: number, drawn: ReactNode) => ReactNode;
};

const NAMES = 176;
/** Of a letter of the fixed-width type at 12.5 pixels. */
const LETTER = 7.6;
const END = 34;
const TOP = 6;

/** Items on their way through stages: each ribbon as wide as they are many, what is left out going to the right. */
export function Sankey({ label, stages, scale, width, stageLink, dropLink }: Properties) {
  const room = width - NAMES;
  const flow = Math.max(120, Math.min(460, room * 0.42));
  const aside = flow + 36;
  const letters = Math.max(8, Math.floor((room - aside - 84) / LETTER));
  const drawn = placed(stages, flow, scale);
  const last = drawn.at(-1);
  const height = (last ? last.y + last.height : 0) + END + TOP;
  return (
    <svg className={styles.sankey} width={width} height={height} role="group" aria-label={label}>
      {drawn.map((place, index) => {
        const stage = stages[index];
        if (!stage) return null;
        const { y, kept, out, next } = place;
        const bottom = y + place.height;
        return (
          <g key={stage.id} transform={`translate(0 ${TOP})`}>
            {stageLink(
              index,
              <>
                <text className={styles.name} y={y + 11}>
                  {shortened(stage.name, Math.floor((NAMES - 10) / LETTER))}
                </text>
                <text className={styles.numbers} y={y + 28}>
                  {stage.numbers}
                </text>
              </>,
            )}
            <text className={styles.about} y={y + 44}>
              {stage.about}
            </text>
            <g transform={`translate(${NAMES} 0)`}>
              {out !== undefined && <path className={styles.kept} d={ribbonDown(y + BAR, kept, bottom, next ?? out)} />}
              {out !== undefined && out > kept && (
                <path className={styles.introduced} d={`M${kept} ${y + BAR}L${out} ${bottom}H${kept}Z`} />
              )}
              <rect className={styles.bar} y={y} width={Math.max(1, kept)} height={BAR} />
              {place.drops.map((part, drop) => (
                <g key={stage.labels[drop]?.text}>
                  {dropLink(
                    index,
                    drop,
                    <>
                      <path className={styles.drop} d={ribbonAside(part, y + BAR, aside)} />
                      <rect
                        className={styles.dropped}
                        x={part.x0}
                        y={y}
                        width={Math.max(1, part.x1 - part.x0)}
                        height={BAR}
                      />
                      <rect className={styles.ground} x={aside} y={part.y - 11} width={room - aside} height={22} />
                      <text className={styles.number} x={aside + 68} y={part.y + 4}>
                        {stage.labels[drop]?.number}
                      </text>
                      <text className={styles.reason} x={aside + 78} y={part.y + 4}>
                        {shortened(stage.labels[drop]?.text ?? "", letters)}
                      </text>
                    </>,
                  )}
                </g>
              ))}
              {next === undefined && (
                <>
                  <rect className={styles.end} y={bottom} width={Math.max(1, out ?? 0)} height={3} />
                  <text className={styles.about} y={bottom + 20}>
                    {stage.end}
                  </text>
                </>
              )}
            </g>
          </g>
        );
      })}
    </svg>
  );
}

const shortened = (text: string, letters: number): string =>
  text.length > letters ? `${text.slice(0, letters - 1)}…` : text;
