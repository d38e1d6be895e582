import { useMemo, useState } from "react";
import { CopyButton } from "../../parts/CopyButton";
import { Dialog } from "../../parts/Dialog";
import { type CapturedStep, type Part, partsOf } from "./captured";
import { copyAsTest, type TestArgument } from "./copyAsTest";
import styles from "./Step.module.css";

/** The step as a Rust test, to be copied. */
export function CopyAsTest({ step, onClose }: { step: CapturedStep; onClose: () => void }) {
  const [isAsync, setAsync] = useState(false);
  const { code, files, missing } = useMemo(() => {
    const { detail } = step;
    const { input, output } = partsOf(step);
    const result = output.find(({ part }) => part === "result");
    const path = `/api/v1/runs/${encodeURIComponent(detail.run)}/steps/${encodeURIComponent(detail.id)}/values/`;
    const argument = ({ part, title, raw, captured }: Part): TestArgument => ({
      name: title,
      level: captured.level,
      cut: captured.cut ?? [],
      redacted: captured.redacted ?? [],
      json: raw,
      path: path + part,
    });
    return copyAsTest(
      {
        ...detail,
        arguments: input.filter(({ part }) => part.startsWith("arguments")).map(argument),
        result: result && argument(result),
        error: detail.error?.message,
      },
      isAsync,
    );
  }, [step, isAsync]);
  return (
    <Dialog title={`${step.detail.name} as a test`} open onOpenChange={onClose}>
      <div className={styles.form}>
        <div className={styles.title}>
          <label className={styles.check}>
            <input type="checkbox" checked={isAsync} onChange={(event) => setAsync(event.target.checked)} />
            <span>
              It is an <code>async fn</code>
            </span>
          </label>
          <span className={styles.actions}>
            <CopyButton text={code} label="Copy test" />
          </span>
        </div>
        {missing.length > 0 && (
          <div className={styles.missing} role="note">
            Before it compiles:
            <ul>
              {missing.map((text) => (
                <li key={text}>{text}</li>
              ))}
            </ul>
          </div>
        )}
        {files.length > 0 && (
          <p>
            Large values are files beside it:{" "}
            {files.map(({ name, path }, index) => (
              <span key={name}>
                {index > 0 && ", "}
                <a href={path} download={name}>
                  {name}
                </a>
              </span>
            ))}
          </p>
        )}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
      <section className={styles.code} tabIndex={0} aria-label="Test">
        <pre>{code}</pre>
      </section>
    </Dialog>
  );
}
