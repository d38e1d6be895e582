import { useEffect, useRef } from "react";
import type { BoxProperties } from "./QueryBox";
import styles from "./QueryBox.module.css";

/** A query in a text box. */
export function PlainBox({
  label,
  placeholder,
  draft,
  onDraft,
  onApply,
  problem,
  describedBy,
  focused,
  focus,
  onNear,
}: BoxProperties) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (problem) input.current?.setSelectionRange(problem.from, problem.to);
  }, [problem]);
  useEffect(() => {
    focus.current = () => input.current?.focus();
    if (focused.current) input.current?.focus();
  }, [focus, focused]);
  return (
    <input
      ref={input}
      className={styles.plain}
      aria-label={label}
      aria-invalid={problem !== undefined}
      aria-describedby={describedBy}
      placeholder={placeholder}
      value={draft}
      spellCheck={false}
      autoComplete="off"
      data-query
      onChange={(event) => onDraft(event.target.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter") onApply(draft);
      }}
      onPointerEnter={onNear}
      onFocus={() => {
        focused.current = true;
        onNear();
      }}
      onBlur={() => {
        focused.current = false;
      }}
    />
  );
}
