import { Badge } from "../../parts/Badge";
import { When } from "../../parts/When";
import styles from "./Steps.module.css";

type Properties = { page: { stopped?: boolean; stopped_at?: string | null } | undefined };

/** Says that not everything was counted, and since when all was. */
export function Stopped({ page }: Properties) {
  if (!page?.stopped) return null;
  return (
    <p className={styles.stopped}>
      <Badge tone="warn">incomplete</Badge> This cost more than it may.{" "}
      {page.stopped_at ? (
        <>
          Only runs that began after <When at={page.stopped_at} /> are counted: choose a shorter time to have all of it.
        </>
      ) : (
        "Choose a shorter time to have all of it."
      )}
    </p>
  );
}
