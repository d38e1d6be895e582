import { useEffect, useEffectEvent, useRef, useState } from "react";
import { useShortcut } from "../../shell/shortcuts";
import styles from "./Filters.module.css";

const PAUSE_MS = 250;

/** A text that is searched for as soon as one pauses, or presses Enter. */
export function SearchBox({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  const [draft, setDraft] = useState(value);
  const [last, setLast] = useState(value);
  const input = useRef<HTMLInputElement>(null);
  if (last !== value) {
    setLast(value);
    setDraft(value);
  }
  const change = useEffectEvent(onChange);
  useEffect(() => {
    if (draft === value) return;
    const timer = setTimeout(() => change(draft), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [draft, value]);
  useShortcut("/", "Search", () => {
    input.current?.focus();
    input.current?.select();
  });
  return (
    <input
      ref={input}
      type="search"
      className={styles.search}
      aria-label="Search pipelines, errors and ids"
      placeholder="Search pipelines, errors, ids"
      spellCheck={false}
      value={draft}
      onChange={(event) => setDraft(event.target.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter") onChange(draft);
      }}
    />
  );
}
