import type { Diff } from "../../api/types";
import { Badge } from "../../parts/Badge";
import { Button } from "../../parts/Button";
import styles from "./Compare.module.css";
import { PairDetail } from "./PairDetail";
import { pairKey, WORDS } from "./pairs";

type Properties = {
  divergence: NonNullable<Diff["first_divergence"]>;
  a: string;
  b: string;
  onOpen: (at: string) => void;
};

/** Where two runs part first: of all that differs, most likely the cause. */
export function FirstDivergence({ divergence, a, b, onOpen }: Properties) {
  const step = divergence.a ?? divergence.b;
  return (
    <section className={styles.first} aria-labelledby="first-divergence">
      <header className={styles.bar}>
        <h2 id="first-divergence">
          They part first at <code>{step?.name}</code>
        </h2>
        {step?.kind && <span className={styles.faint}>{step.kind}</span>}
        <Badge tone="warn">{WORDS[divergence.kind]}</Badge>
        {divergence.ways.length > 0 && <span className={styles.faint}>in {divergence.ways.join(", ")}</span>}
        <span className={styles.end}>
          <Button quiet onClick={() => onOpen(pairKey(divergence))}>
            Show it among the steps
          </Button>
        </span>
      </header>
      <p className={styles.explanation}>{divergence.explanation}</p>
      <PairDetail pair={divergence} a={a} b={b} most={6} />
    </section>
  );
}
