import { Select as Base } from "@base-ui/react/select";
import styles from "./Select.module.css";

export type Choice<Value extends string> = { value: Value; label: string };

type Properties<Value extends string> = {
  label: string;
  choices: Choice<Value>[];
  value: Value;
  onChange: (value: Value) => void;
  /** When the list is opened: to ask for choices that take long. */
  onOpen?: () => void;
};

/** One of several values, in a list that opens. */
export function Select<Value extends string>({ label, choices, value, onChange, onOpen }: Properties<Value>) {
  return (
    <Base.Root
      items={choices}
      value={value}
      onValueChange={(chosen) => onChange(chosen as Value)}
      onOpenChange={(isOpen) => isOpen && onOpen?.()}
    >
      <Base.Trigger className={styles.trigger} aria-label={label}>
        <Base.Value />
        <Base.Icon className={styles.icon}>▾</Base.Icon>
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner className={styles.positioner} sideOffset={4} alignItemWithTrigger={false}>
          <Base.Popup className={styles.popup}>
            {choices.map((choice) => (
              <Base.Item key={choice.value} value={choice.value} className={styles.item}>
                <Base.ItemText>{choice.label}</Base.ItemText>
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
