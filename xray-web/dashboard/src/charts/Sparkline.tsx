import styles from "./Sparkline.module.css";

const WIDTH = 84;
const HEIGHT = 20;

/** A line over time as small as a word: the shape alone. `label` says what it shows. */
export function Sparkline({ label, values }: { label: string; values: number[] }) {
  const most = Math.max(1, ...values);
  const step = values.length > 1 ? (WIDTH - 2) / (values.length - 1) : 0;
  const points = values.map((value, index) => `${1 + index * step},${HEIGHT - 1 - (value / most) * (HEIGHT - 3)}`);
  return (
    <svg className={styles.spark} width={WIDTH} height={HEIGHT} role="img" aria-label={label}>
      <path className={styles.ground} d={`M1,${HEIGHT - 0.5}H${WIDTH - 1}`} />
      {points.length > 1 ? (
        <path className={styles.line} d={`M${points.join("L")}`} />
      ) : (
        <circle className={styles.point} cx={WIDTH / 2} cy={HEIGHT / 2} r={2} />
      )}
    </svg>
  );
}
