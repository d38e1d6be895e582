import { Dialog } from "../parts/Dialog";
import styles from "./Keys.module.css";
import { useShortcuts } from "./shortcuts";

const OF_TABLES = [
  ["↓ ↑", "The next or previous row"],
  ["PageDown PageUp", "A page of rows"],
  ["Home End", "The first or last row"],
  ["Enter", "Open the row"],
];

/** The keys that do something here and now. */
export default function Keys({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const shortcuts = useShortcuts().filter(({ key }) => key !== "");
  return (
    <Dialog title="Keys" open={open} onOpenChange={onOpenChange}>
      <div className={styles.keys}>
        <h2>Here</h2>
        <dl>
          {shortcuts.map(({ key, does }) => (
            <Key key={key} name={key} does={does} />
          ))}
        </dl>
        <h2>In a table</h2>
        <dl>
          {OF_TABLES.map(([name = "", does = ""]) => (
            <Key key={name} name={name} does={does} />
          ))}
        </dl>
      </div>
    </Dialog>
  );
}

const Key = ({ name, does }: { name: string; does: string }) => (
  <div className={styles.key}>
    <dt>
      {name.split(" ").map((part) => (
        <kbd key={part}>{part}</kbd>
      ))}
    </dt>
    <dd>{does}</dd>
  </div>
);
