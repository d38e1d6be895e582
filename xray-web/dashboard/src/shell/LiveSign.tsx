import { type Liveness, useLiveness } from "../api/liveness";
import styles from "./LiveSign.module.css";

const SAYS: Record<Liveness, { sign: string; word: string; title: string }> = {
  live: { sign: "●", word: "Live", title: "New runs appear as they begin" },
  paused: { sign: "❚❚", word: "Paused", title: "New runs are held back" },
  connecting: { sign: "○", word: "Connecting", title: "Asking the program to tell what happens" },
  lost: { sign: "✕", word: "Not live", title: "The connection is lost, and is asked for again" },
};

/** Whether what is shown follows what happens. */
export function LiveSign() {
  const liveness = useLiveness();
  if (!liveness) return null;
  const { sign, word, title } = SAYS[liveness];
  return (
    <p className={styles.sign} data-liveness={liveness} title={title}>
      <span aria-hidden="true">{sign}</span> <span className={styles.word}>{word}</span>
    </p>
  );
}
