// Where the step's function is, to be copied or opened in an editor.
import { useState } from "react";
import type { StepDetail } from "../../api/types";
import { Button } from "../../parts/Button";
import { CopyButton } from "../../parts/CopyButton";
import { Dialog } from "../../parts/Dialog";
import { Select } from "../../parts/Select";
import { EDITORS, editorLink, keepChoice, keptChoice } from "./editorLink";
import styles from "./Step.module.css";

export function Callsite({ step }: { step: Pick<StepDetail, "module" | "name" | "file" | "line"> }) {
  const [choice, setChoice] = useState(keptChoice);
  const [isOpen, setOpen] = useState(false);
  const place = `${step.file}:${step.line}`;
  const link = editorLink(choice, step.file, step.line);
  return (
    <div className={styles.callsite}>
      <code>
        {step.module}::{step.name}
      </code>
      {link ? (
        <a href={link} title="Open in the editor">
          <code>{place}</code>
        </a>
      ) : (
        <code>{place}</code>
      )}
      <CopyButton text={place} label="Copy place" />
      <Button quiet onClick={() => setOpen(true)}>
        Editor…
      </Button>
      <Dialog title="Opening callsites" open={isOpen} onOpenChange={setOpen}>
        <div className={styles.form}>
          <div>
            <span aria-hidden="true">Editor</span>
            <Select
              label="Editor"
              choices={EDITORS}
              value={choice.editor}
              onChange={(editor) => {
                setChoice({ ...choice, editor });
                keepChoice({ ...choice, editor });
              }}
            />
          </div>
          <label>
            <span>Folder of the workspace</span>
            <input
              value={choice.root}
              placeholder="/home/me/project"
              spellCheck={false}
              onChange={(event) => {
                const root = event.target.value;
                setChoice({ ...choice, root });
                keepChoice({ ...choice, root });
              }}
            />
          </label>
          <p className={styles.faint}>
            Callsites are relative to the workspace that was built: <code>{step.file}</code>. This browser keeps the
            choice.
          </p>
        </div>
      </Dialog>
    </div>
  );
}
