import { Tabs as Base } from "@base-ui/react/tabs";
import type { ReactNode } from "react";
import styles from "./Tabs.module.css";

export type Tab<Id extends string> = { id: Id; label: ReactNode; panel: () => ReactNode };

type Properties<Id extends string> = {
  label: string;
  tabs: Tab<Id>[];
  value: Id;
  onChange: (id: Id) => void;
  /** Beside the tabs. */
  aside?: ReactNode;
};

/** One of several panels, which fills what is left of its parent's height. */
export function Tabs<Id extends string>({ label, tabs, value, onChange, aside }: Properties<Id>) {
  return (
    <Base.Root value={value} onValueChange={(id) => onChange(id as Id)} className={styles.root}>
      <div className={styles.bar}>
        <Base.List aria-label={label} className={styles.list}>
          {tabs.map((tab) => (
            <Base.Tab key={tab.id} value={tab.id} className={styles.tab}>
              {tab.label}
            </Base.Tab>
          ))}
        </Base.List>
        {aside}
      </div>
      {tabs.map((tab) => (
        <Base.Panel key={tab.id} value={tab.id} className={styles.panel}>
          {tab.id === value && tab.panel()}
        </Base.Panel>
      ))}
    </Base.Root>
  );
}
