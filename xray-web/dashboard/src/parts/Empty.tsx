import type { ReactNode } from "react";
import styles from "./states.module.css";

/** There is nothing to show; `children` say what to do next. */
export function Empty({ title, children, inline = false }: { title: string; children?: ReactNode; inline?: boolean }) {
  return (
    <div className={inline ? `${styles.state} ${styles.inline}` : styles.state}>
      {inline ? <h2>{title}</h2> : <h1>{title}</h1>}
      {children}
    </div>
  );
}
