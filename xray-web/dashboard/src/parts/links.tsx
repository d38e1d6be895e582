// From anywhere a run, a step or an item is named, it can be opened.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

export const RunLink = ({ run, children }: { run: string; children?: ReactNode }) => (
  <Link to="/runs/$run" params={{ run }}>
    {children ?? <code title={run}>{run.slice(-8)}</code>}
  </Link>
);

export const StepLink = ({ run, step, children }: { run: string; step: string; children: ReactNode }) => (
  <Link to="/runs/$run/steps/$step" params={{ run, step }}>
    {children}
  </Link>
);

/** An item's way; with `run`, through that run. */
export const ItemLink = ({ item, run, children }: { item: string; run?: string; children?: ReactNode }) => (
  <Link to="/items/$item" params={{ item }} search={run === undefined ? {} : { run }}>
    {children ?? item}
  </Link>
);
