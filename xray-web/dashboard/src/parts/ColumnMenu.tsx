import { Menu } from "@base-ui/react/menu";
import { useRef } from "react";
import { Button } from "./Button";
import styles from "./ColumnMenu.module.css";

type Properties = {
  label?: string;
  columns: { id: string; header: string }[];
  shown: string[];
  onChange: (shown: string[]) => void;
  /** Says how many of them are shown. */
  counted?: boolean;
};

/** Which columns of a table are shown: a menu that stays open while one chooses. */
export function ColumnMenu({ label = "Columns", columns, shown, onChange, counted = false }: Properties) {
  // Within the page's landmarks, where it is looked for.
  const place = useRef<HTMLDivElement>(null);
  const toggle = (id: string, on: boolean) =>
    onChange(columns.map((column) => column.id).filter((other) => (other === id ? on : shown.includes(other))));
  return (
    <div ref={place}>
      <Menu.Root>
        <Menu.Trigger render={<Button disabled={columns.length === 0} />}>
          {label} {counted && `${shown.length}/${columns.length} `}
          <span aria-hidden="true">▾</span>
        </Menu.Trigger>
        <Menu.Portal container={place}>
          <Menu.Positioner className={styles.positioner} positionMethod="fixed" sideOffset={4} align="end">
            <Menu.Popup className={styles.popup} aria-label={label}>
              {columns.map(({ id, header }) => (
                <Menu.CheckboxItem
                  key={id}
                  className={styles.item}
                  checked={shown.includes(id)}
                  onCheckedChange={(on) => toggle(id, on)}
                  closeOnClick={false}
                >
                  <span className={styles.mark} aria-hidden="true">
                    <Menu.CheckboxItemIndicator>✓</Menu.CheckboxItemIndicator>
                  </span>
                  {header}
                </Menu.CheckboxItem>
              ))}
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
    </div>
  );
}
