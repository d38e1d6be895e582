import { Dialog as Base } from "@base-ui/react/dialog";
import type { ReactNode } from "react";
import { Button } from "./Button";
import styles from "./Dialog.module.css";

type Properties = {
  title: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  children: ReactNode;
  /** The title is for those who cannot see the dialog, and there is no button to close it: Escape does. */
  bare?: boolean;
  /** It is closed, and the focus is back where it was. */
  onClosed?: () => void;
};

/** Something over the page, which has the focus until it is closed. */
export function Dialog({ title, open, onOpenChange, children, bare = false, onClosed }: Properties) {
  const header = (
    <header className={bare ? "visually-hidden" : styles.header}>
      <Base.Title className={styles.title}>{title}</Base.Title>
      <Base.Close render={<Button quiet aria-label="Close" />}>✕</Base.Close>
    </header>
  );
  return (
    <Base.Root
      open={open}
      onOpenChange={onOpenChange}
      onOpenChangeComplete={(open) => {
        if (!open) onClosed?.();
      }}
    >
      <Base.Portal>
        <Base.Backdrop className={styles.backdrop} />
        <Base.Popup className={styles.popup}>
          {!bare && header}
          {children}
          {/* Behind the rest: what is first has the focus when the dialog opens. */}
          {bare && header}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
