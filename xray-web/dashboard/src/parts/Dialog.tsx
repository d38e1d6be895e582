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
          <header className={bare ? "visually-hidden" : styles.header}>
            <Base.Title className={styles.title}>{title}</Base.Title>
            <Base.Close render={<Button quiet aria-label="Close" />}>✕</Base.Close>
          </header>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
