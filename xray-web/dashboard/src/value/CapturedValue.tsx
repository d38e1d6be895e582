// A captured value: what it is called, how much of it was captured, and the way of looking that suits it best.

import type { Captured } from "../api/types";
import { Badge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { CopyButton } from "../parts/CopyButton";
import { Failure } from "../parts/Failure";
import { Loading } from "../parts/Loading";
import { bytes, things } from "../text/format";
import styles from "./CapturedValue.module.css";
import { JsonView } from "./JsonView";
import { kindAt, readText } from "./json/scan";
import { LEVELS } from "./levels";
import { RecordsTable } from "./RecordsTable";
import { type Shape, shapesOf } from "./shape";
import { TextView } from "./TextView";
import { useValueText, type ValueText } from "./valueText";

type Properties = {
  title: string;
  captured: Omit<Captured, "value">;
  /** Its JSON as it stands in the answer; nothing where it is too large for it. */
  raw: string | undefined;
  /** How a query names it. */
  root?: string | undefined;
  shape?: Shape | undefined;
  onShape: (shape: Shape | undefined) => void;
};

const NAMES: Record<Shape, string> = { table: "Table", text: "Text", tree: "Tree" };

export function CapturedValue({ title, captured, raw, root, shape, onShape }: Properties) {
  const value = useValueText(captured.omitted?.path, raw);
  // A value that a line holds needs no choice.
  const shapes = value.text === undefined || isScalar(value.text) ? [] : shapesOf(value.text);
  const shown = shape && shapes.includes(shape) ? shape : shapes[0];
  const level = LEVELS[captured.level];
  return (
    <article className={styles.value} aria-label={title}>
      <header className={styles.header}>
        <h3 className={styles.title}>
          <code>{title}</code>
        </h3>
        <Badge tone={level.tone} title={level.says}>
          {level.word}
        </Badge>
        {captured.cut && captured.cut.length > 0 && (
          <Badge tone="warn" title="Only the beginning was captured: the tree shows where">
            {things(captured.cut.length, "part")} truncated
          </Badge>
        )}
        {captured.redacted && captured.redacted.length > 0 && (
          <Badge tone="violet" title="Withheld before it left the thread: the tree shows where">
            {captured.redacted.length} redacted
          </Badge>
        )}
        {value.bytes !== undefined && value.bytes > 10_000 && <span className={styles.size}>{bytes(value.bytes)}</span>}
        {shapes.length > 1 && (
          <span className={styles.shapes} role="group" aria-label={`How ${title} is shown`}>
            {shapes.map((one) => (
              <Button
                key={one}
                quiet
                aria-pressed={one === shown}
                onClick={() => onShape(one === shapes[0] ? undefined : one)}
              >
                {NAMES[one]}
              </Button>
            ))}
          </span>
        )}
      </header>
      <Shown {...{ title, captured, value, shown, root }} />
    </article>
  );
}

type ShownProperties = Pick<Properties, "title" | "captured" | "root"> & { value: ValueText; shown: Shape | undefined };

function Shown({ title, captured, value, shown, root }: ShownProperties) {
  const { text, whole, error, retry } = value;
  if (captured.level === "redacted") return <p className={styles.note}>It was withheld.</p>;
  if (text === undefined)
    return error ? <Failure inline error={error} retry={retry} /> : <Loading what="Reading the value" />;
  const failed = error && <Failure inline error={error} retry={retry} />;
  if (isScalar(text)) {
    const plain = text.startsWith('"') ? readText(text) : text;
    return (
      <div className={styles.scalar}>
        <code>{captured.level === "structured" ? text : plain}</code>
        <CopyButton text={plain} />
      </div>
    );
  }
  return (
    <>
      {shown === "table" && <RecordsTable label={title} text={text} />}
      {shown === "text" && <TextView label={title} text={readText(text)} />}
      {shown === "tree" && (
        <JsonView label={title} text={text} whole={whole} root={root} cut={captured.cut} redacted={captured.redacted} />
      )}
      {!whole && !failed && shown !== "tree" && <Loading what="Reading the rest" />}
      {failed}
    </>
  );
}

/** A value that a line holds needs no tree. */
function isScalar(text: string): boolean {
  const kind = kindAt(text, 0);
  if (text === "[]" || text === "{}") return true;
  return kind !== "list" && kind !== "record" && text.length < 160 && !text.includes("\\n");
}
