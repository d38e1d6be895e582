import type { Failure, Outcome } from "../../api/types";
import { CopyButton } from "../../parts/CopyButton";
import styles from "./Step.module.css";

/** The error or panic that a step ended with, and what was behind it. */
export function ErrorChain({ error, outcome }: { error: Failure; outcome: Outcome }) {
  const whole = [error.message, ...error.chain.map((source) => `caused by: ${source}`)].join("\n");
  return (
    <section className={styles.error} aria-label="Error">
      <div className={styles.errorHead}>
        <strong>{outcome === "panicked" ? "It panicked" : "It failed"}</strong>
        {error.location && (
          <span>
            at <code>{error.location}</code>
          </span>
        )}
        <CopyButton text={whole} label="Copy error" />
      </div>
      <p className={styles.message}>{error.message}</p>
      {error.chain.length > 0 && (
        <ol>
          {error.chain.map((source, index) => (
            <li
              // biome-ignore lint/suspicious/noArrayIndexKey: they have nothing but their order
              key={index}
              className={styles.message}
            >
              caused by: {source}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
