import type { ErrorComponentProps } from "@tanstack/react-router";
import { Problem, Unreachable } from "../api/client";
import { Button } from "./Button";
import styles from "./states.module.css";
import { When } from "./When";

/** Why something cannot be shown, and what to do next. */
export function Failure({ error, retry, inline = false }: { error: Error; retry?: () => void; inline?: boolean }) {
  const { title, next } = explained(error);
  return (
    <div className={inline ? `${styles.state} ${styles.inline}` : styles.state} role="alert">
      {inline ? <h2>{title}</h2> : <h1>{title}</h1>}
      <p>{error.message}</p>
      {error instanceof Problem && error.body.removed_at && (
        <p>
          Removed: <When at={error.body.removed_at} />
        </p>
      )}
      {next && <p className={styles.detail}>{next}</p>}
      {retry && <Button onClick={retry}>Try again</Button>}
    </div>
  );
}

function explained(error: Error): { title: string; next?: string } {
  if (error instanceof Unreachable) {
    return {
      title: "The program does not answer",
      next: "The program that serves this page has ended or is stopped. Start it again, and this page goes on by itself.",
    };
  }
  if (!(error instanceof Problem))
    return { title: "This page has a bug", next: "Reload it; what was recorded is safe." };
  if (error.isGone)
    return {
      title: "This run was removed",
      next: "Pin a run, or keep more of them (`Builder::retain`), to have it stay.",
    };
  if (error.status === 404)
    return { title: "There is no such thing", next: "It may be of another store, or the address is not whole." };
  if (error.status === 400)
    return { title: "The question is wrong", ...(error.body.suggestion ? { next: error.body.suggestion } : {}) };
  return { title: "The server could not answer" };
}

/** The failure of a whole view. */
export const RouteFailure = ({ error, reset }: ErrorComponentProps) => <Failure error={error as Error} retry={reset} />;
