import type { ReactNode } from "react";
import type { Basis, Outcome, RunStatus, Verdict } from "../api/types";
import styles from "./Badge.module.css";

export type Tone = "plain" | "good" | "bad" | "warn" | "accent" | "violet" | "teal";

/** A word on a ground of its colour. The word says it all: the colour only helps to find it. */
export function Badge({ tone = "plain", title, children }: { tone?: Tone; title?: string; children: ReactNode }) {
  return (
    <span className={styles.badge} data-tone={tone} title={title}>
      {children}
    </span>
  );
}

export const statusTone: Record<RunStatus, Tone> = {
  running: "accent",
  completed: "good",
  failed: "bad",
  crashed: "bad",
  incomplete: "warn",
};

export const outcomeTone: Record<Outcome, Tone> = {
  ok: "good",
  returned: "good",
  err: "bad",
  panicked: "bad",
  cancelled: "warn",
  open: "accent",
  lost: "warn",
};

export const verdictTone: Record<Verdict, Tone> = {
  kept: "good",
  eliminated: "bad",
  scored: "violet",
  introduced: "teal",
};

export const Status = ({ status }: { status: RunStatus }) => <Badge tone={statusTone[status]}>{status}</Badge>;
export const OutcomeBadge = ({ outcome }: { outcome: Outcome }) => <Badge tone={outcomeTone[outcome]}>{outcome}</Badge>;
export const VerdictBadge = ({ verdict }: { verdict: Verdict }) => <Badge tone={verdictTone[verdict]}>{verdict}</Badge>;

/** Whether the code said it, or it was derived from what went in and came out. */
export const BasisBadge = ({ basis }: { basis: Basis }) => (
  <Badge title={basis === "observed" ? "The code reported it" : "Derived from what went in and what came out"}>
    {basis}
  </Badge>
);
