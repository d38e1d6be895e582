// Keys: whoever offers one says what it does, so that the list behind `?` is always what there is.
import { useEffect, useEffectEvent, useSyncExternalStore } from "react";

export type Shortcut = { key: string; does: string };

type Registered = Shortcut & { press: () => void };
let registered: Registered[] = [];
const listeners = new Set<() => void>();

function change(next: Registered[]) {
  registered = next;
  for (const listener of listeners) listener();
}

/**
 * While the component is there, `key` calls `press`, unless something is being typed. `key` is what
 * `KeyboardEvent.key` says, with `Ctrl-` in front for Ctrl or Command, which works while typing, too. The newest wins.
 */
export function useShortcut(key: string, does: string, press: () => void): void {
  const pressed = useEffectEvent(press);
  useEffect(() => {
    const mine: Registered = { key, does, press: () => pressed() };
    change([mine, ...registered]);
    return () => change(registered.filter((other) => other !== mine));
  }, [key, does]);
}

/** All there are at the moment. */
export const useShortcuts = (): Shortcut[] =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => registered,
  );

/** Hands keys to whoever registered them. The shell uses it once. */
export function useKeys(): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey) return;
      const withControl = event.ctrlKey || event.metaKey;
      if (!withControl && isTyping(event)) return;
      const key = withControl ? `Ctrl-${event.key.toLowerCase()}` : event.key;
      const found = registered.find((shortcut) => shortcut.key === key);
      if (!found) return;
      event.preventDefault();
      found.press();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
}

function isTyping(event: KeyboardEvent): boolean {
  // The first of the path: a text box may be in a shadow root.
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches("input, textarea, select");
}
