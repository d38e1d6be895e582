import { type FormEvent, useId, useState } from "react";
import { Problem } from "../api/client";
import { bytesOf } from "../text/cel";
import { Button } from "./Button";
import styles from "./Condition.module.css";

type Properties = {
  label: string;
  value: string;
  placeholder?: string;
  /** What the server says of it. */
  problem?: Problem | undefined;
  onChange: (value: string) => void;
};

/** A condition of the query language as a line of text, with what is wrong with it at its place. Enter asks. */
export function Condition({ label, value, placeholder, problem, onChange }: Properties) {
  const [typed, setTyped] = useState({ value, text: value });
  const id = useId();
  // The address changed under it: what it says now is what is asked.
  const text = typed.value === value ? typed.text : value;
  function ask(event: FormEvent) {
    event.preventDefault();
    onChange(text.trim());
  }
  return (
    <form className={styles.condition} onSubmit={ask}>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      <div className={styles.line}>
        <input
          id={id}
          className={styles.input}
          value={text}
          placeholder={placeholder}
          spellCheck={false}
          autoComplete="off"
          aria-invalid={problem !== undefined || undefined}
          aria-describedby={problem && `${id}-problem`}
          onChange={(event) => setTyped({ value, text: event.target.value })}
        />
        {text !== value && <Button type="submit">Ask</Button>}
      </div>
      {problem && (
        <p id={`${id}-problem`} className={styles.problem} role="alert">
          <Place condition={value} problem={problem} />
          {problem.message}
          {problem.body.suggestion && `: ${problem.body.suggestion}`}
        </p>
      )}
    </form>
  );
}

/** The condition with the part that is wrong marked. */
function Place({ condition, problem: { body } }: { condition: string; problem: Problem }) {
  if (typeof body.start !== "number" || typeof body.end !== "number") return null;
  const { before, at, after } = bytesOf(condition, body.start, body.end);
  return (
    <code className={styles.place}>
      {before}
      <mark>{at || " "}</mark>
      {after}
    </code>
  );
}

/** What is wrong with one parameter of a request. */
export const problemOf = (error: Error | null, parameter: string): Problem | undefined =>
  error instanceof Problem && error.status === 400 && error.body.parameter === parameter ? error : undefined;
