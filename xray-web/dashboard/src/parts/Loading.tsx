import styles from "./states.module.css";

/** Something is being asked for. */
export function Loading({ what = "Loading" }: { what?: string }) {
  return (
    <p className={styles.loading} role="status">
      <span className={styles.spinner} aria-hidden="true" />
      {what}…
    </p>
  );
}
