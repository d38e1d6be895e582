import { Menu } from "@base-ui/react/menu";
import { Button } from "../parts/Button";
import styles from "./Columns.module.css";

type Properties = {
  label?: string;
  all: string[];
  hidden: string[];
  onChange: (hidden: string[]) => void;
};

/** Which columns a table has. */
export function Columns({ label = "Columns", all, hidden, onChange }: Properties) {
  const shown = all.length - hidden.length;
  return (
    <Menu.Root>
      <Menu.Trigger render={<Button quiet disabled={all.length === 0} />}>
        {label} {shown}/{all.length} ▾
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className={styles.positioner} sideOffset={4} align="end">
          <Menu.Popup className={styles.popup}>
            {all.map((name) => (
              <Menu.CheckboxItem
                key={name}
                className={styles.item}
                checked={!hidden.includes(name)}
                closeOnClick={false}
                onCheckedChange={(checked) =>
                  onChange(checked ? hidden.filter((other) => other !== name) : [...hidden, name])
                }
              >
                <span className={styles.check} aria-hidden="true">
                  <Menu.CheckboxItemIndicator>✓</Menu.CheckboxItemIndicator>
                </span>
                {name}
              </Menu.CheckboxItem>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
