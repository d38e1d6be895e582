// Keys and actions: whoever offers one says what it does, so that the list behind `?` and the palette are what there is.
import { useEffect, useEffectEvent, useSyncExternalStore } from "react";

export type Shortcut = {
  /** Empty where the palette alone offers it. */
  key: string;
  does: string;
  press: () => void;
};

let registered: Shortcut[] = [];
const listeners = new Set<() => void>();

function change(next: Shortcut[]) {
  registered = next;
  for (const listener of listeners) listener();
}

/**
 * While the component is there, `key` calls `press`, unless something is being typed. `key` is what
 * `KeyboardEvent.key` says, with `Ctrl-` in front for Ctrl or Command, which works while typing, too. The newest wins.
 */
export function useShortcut(key: string, does: string, press: () => void): void {
  useRegistered(key, does, press, (mine) => [mine, ...registered]);
}

/** As `useShortcut`, for what is around the views: theirs win, no matter which is newer. */
export function useShortcutEverywhere(key: string, does: string, press: () => void): void {
  useRegistered(key, does, press, (mine) => [...registered, mine]);
}

function useRegistered(key: string, does: string, press: () => void, into: (mine: Shortcut) => Shortcut[]): void {
  const pressed = useEffectEvent(press);
  const put = useEffectEvent(into);
  useEffect(() => {
    const mine: Shortcut = { key, does, press: () => pressed() };
    change(put(mine));
    return () => change(registered.filter((other) => other !== mine));
  }, [key, does]);
}

/** While the component is there, the palette offers to `act`. */
export const useAction = (does: string, act: () => void): void => useShortcut("", does, act);

/** All there are at the moment, each key once. */
export function useShortcuts(): Shortcut[] {
  const all = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => registered,
  );
  return all.filter(({ key }, index) => key === "" || all.findIndex((other) => other.key === key) === index);
}

/** Hands keys to whoever registered them. The shell uses it once. */
export function useKeys(): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey) return;
      const withControl = event.ctrlKey || event.metaKey;
      if (!withControl && hasKeysOfItsOwn(event)) return;
      const key = withControl ? `Ctrl-${event.key.toLowerCase()}` : event.key;
      const found = key === "" ? undefined : registered.find((shortcut) => shortcut.key === key);
      if (!found) return;
      event.preventDefault();
      found.press();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
}

/** Whether something is being typed, or a letter chooses from a list. */
function hasKeysOfItsOwn(event: KeyboardEvent): boolean {
  // The first of the path: a text box may be in a shadow root.
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement)) return false;
  if (target.matches('input[type="checkbox"], input[type="radio"]')) return false;
  return (
    target.isContentEditable ||
    target.matches("input, textarea, select") ||
    target.closest('[role="listbox"], [role="menu"], [role="dialog"]') !== null
  );
}
