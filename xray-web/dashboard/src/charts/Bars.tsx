import type { ReactNode } from "react";
import styles from "./Bars.module.css";

export type Bar = {
  key: string;
  label: ReactNode;
  /** How long it is, from 0 to 1. */
  share: number;
  /** What it stands for. */
  value: ReactNode;
  tone?: "accent" | "good" | "bad" | "warn" | "violet" | "teal";
};

/** Things and how much of something each has, as bars below each other: the words say all, the bars compare. */
export function Bars({ label, bars }: { label: string; bars: Bar[] }) {
  return (
    <ol className={styles.bars} aria-label={label}>
      {bars.map(({ key, label, share, value, tone = "accent" }) => (
        <li key={key} className={styles.bar} data-tone={tone}>
          <span className={styles.label}>{label}</span>
          <span className={styles.value}>{value}</span>
          <span className={styles.track} aria-hidden="true">
            <span style={{ width: `${Math.max(0, Math.min(1, share)) * 100}%` }} />
          </span>
        </li>
      ))}
    </ol>
  );
}
