import { Menu } from "@base-ui/react/menu";
import styles from "./ColumnMenu.module.css";

type Properties = {
  columns: { id: string; header: string }[];
  shown: string[];
  onChange: (shown: string[]) => void;
};

/** Which columns of a table are shown: a menu that stays open while one chooses. */
export function ColumnMenu({ columns, shown, onChange }: Properties) {
  const toggle = (id: string, on: boolean) =>
    onChange(columns.map((column) => column.id).filter((other) => (other === id ? on : shown.includes(other))));
  return (
    <Menu.Root>
      <Menu.Trigger className={styles.trigger}>
        Columns <span aria-hidden="true">▾</span>
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className={styles.positioner} sideOffset={4} align="end">
          <Menu.Popup className={styles.popup} aria-label="Columns">
            {columns.map(({ id, header }) => (
              <Menu.CheckboxItem
                key={id}
                className={styles.item}
                checked={shown.includes(id)}
                onCheckedChange={(on) => toggle(id, on)}
                closeOnClick={false}
              >
                <span className={styles.mark}>
                  <Menu.CheckboxItemIndicator>✓</Menu.CheckboxItemIndicator>
                </span>
                {header}
              </Menu.CheckboxItem>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
