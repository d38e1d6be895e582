// What a run was given and gave, in a line each, and what the code said of it.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { step as stepQuery } from "../../api/queries";
import type { Captured, StepDetail } from "../../api/types";
import { Badge } from "../../parts/Badge";
import { Button } from "../../parts/Button";
import { CopyButton } from "../../parts/CopyButton";
import { Dialog } from "../../parts/Dialog";
import { StepLink } from "../../parts/links";
import { preview } from "../../value/preview";
import styles from "./Said.module.css";

const PARTS = "input,output,arguments,result,tags,notes";
const PREVIEW_LENGTH = 200;
/** What a dialog shows of a value, in characters: the whole of it is in the view of the step. */
const SHOWN_LENGTH = 100_000;

type Titled = { title: string; value: unknown; isWhole: boolean };

export function Said({ run, step }: { run: string; step: string }) {
  const { data } = useQuery({ ...stepQuery(run, step, PARTS), staleTime: 30_000 });
  const [open, setOpen] = useState<Titled>();
  if (!data) return null;
  const lines = [given(data), gave(data)].filter((line) => line !== undefined);
  return (
    <div className={styles.said}>
      {lines.map((line) => (
        <p key={line.title} className={styles.line}>
          <span className={styles.title}>{line.title}</span>
          <code className={styles.value}>{preview(line.value, PREVIEW_LENGTH)}</code>
          <Button quiet className={styles.more} onClick={() => setOpen(line)} aria-label={`All of the ${line.title}`}>
            All
          </Button>
        </p>
      ))}
      {data.notes?.map((note) => (
        <p key={note} className={styles.line}>
          <span className={styles.title}>note</span> {note}
        </p>
      ))}
      {(data.tags?.length ?? 0) > 0 && (
        <ul className={styles.tags} aria-label="Tags">
          {data.tags?.map(({ key, value }) => (
            <li key={key}>
              <Badge>
                {key}={value}
              </Badge>
            </li>
          ))}
        </ul>
      )}
      <Dialog title={open?.title ?? ""} open={open !== undefined} onOpenChange={() => setOpen(undefined)}>
        {open && <Whole {...open} run={run} step={step} />}
      </Dialog>
    </div>
  );
}

function Whole({ value, isWhole, run, step }: Titled & { run: string; step: string }) {
  const text = JSON.stringify(value, null, 2) ?? "";
  const isCut = text.length > SHOWN_LENGTH;
  return (
    <div className={styles.whole}>
      <p className={styles.line}>
        <CopyButton text={text} />
        <StepLink run={run} step={step}>
          {isWhole && !isCut ? "In its step" : "This is its beginning; all of it is in its step"}
        </StepLink>
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled with the keyboard */}
      <pre className={styles.text} tabIndex={0}>
        {isCut ? `${text.slice(0, SHOWN_LENGTH)}…` : text}
      </pre>
    </div>
  );
}

/** What the code says that the run was given; or else its arguments. */
function given({ input, arguments: args }: StepDetail): Titled | undefined {
  if (input) return { title: "input", ...written(input) };
  if (!args?.length) return undefined;
  const values = args.map((argument) => [argument.name, written(argument)] as const);
  return {
    title: "arguments",
    value: Object.fromEntries(values.map(([name, { value }]) => [name, value])),
    isWhole: values.every(([, { isWhole }]) => isWhole),
  };
}

function gave({ output, result }: StepDetail): Titled | undefined {
  if (output) return { title: "output", ...written(output) };
  return result ? { title: "result", ...written(result) } : undefined;
}

/** A large value is not written: its beginning is. */
function written({ value, omitted, cut }: Captured): { value: unknown; isWhole: boolean } {
  return omitted ? { value: omitted.beginning, isWhole: false } : { value, isWhole: !cut?.length };
}
