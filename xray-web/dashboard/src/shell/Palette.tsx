// Everything there is to go to and to do, by its name.
import { Autocomplete } from "@base-ui/react/autocomplete";
import { useRef, useState } from "react";
import { Dialog } from "../parts/Dialog";
import type { Command, CommandGroup } from "./commands";
import styles from "./Palette.module.css";
import { useCommands } from "./useCommands";

type Properties = { open: boolean; onOpenChange: (open: boolean) => void };

export default function Palette({ open, onOpenChange }: Properties) {
  const chosen = useRef<Command>(undefined);
  return (
    <Dialog
      title="Go to, or do"
      open={open}
      onOpenChange={onOpenChange}
      // Not before: the focus goes back to where it was when the dialog closes, and a command may want it elsewhere.
      onClosed={() => {
        chosen.current?.run();
        chosen.current = undefined;
      }}
      bare
    >
      <Commands
        onChoose={(command) => {
          chosen.current = command;
          onOpenChange(false);
        }}
      />
    </Dialog>
  );
}

function Commands({ onChoose }: { onChoose: (command: Command) => void }) {
  const [text, setText] = useState("");
  const groups = useCommands(text);
  return (
    <Autocomplete.Root
      open
      inline
      mode="none"
      items={groups}
      value={text}
      onValueChange={(text, { reason }) => {
        // Choosing one would write its name.
        if (reason !== "item-press") setText(text);
      }}
      itemToStringValue={(command: Command) => command.label}
      autoHighlight="always"
      keepHighlight
    >
      <Autocomplete.Input
        className={styles.input}
        aria-label="Go to, or do"
        placeholder="A view, pipeline, step, item, the end of a run's id, an action"
      />
      <Autocomplete.Empty>
        <p className={styles.empty}>Nothing of this name.</p>
      </Autocomplete.Empty>
      <Autocomplete.List className={styles.list}>
        {(group: CommandGroup) => (
          <Autocomplete.Group key={group.value} items={group.items}>
            <Autocomplete.GroupLabel className={styles.group}>{group.value}</Autocomplete.GroupLabel>
            <Autocomplete.Collection>
              {(command: Command) => (
                <Autocomplete.Item
                  key={command.id}
                  value={command}
                  className={styles.item}
                  onClick={() => onChoose(command)}
                >
                  <span className={styles.label}>{command.label}</span>
                  {command.hint && <span className={styles.hint}>{command.hint}</span>}
                </Autocomplete.Item>
              )}
            </Autocomplete.Collection>
          </Autocomplete.Group>
        )}
      </Autocomplete.List>
    </Autocomplete.Root>
  );
}
