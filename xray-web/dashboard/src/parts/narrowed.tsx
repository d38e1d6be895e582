// Links to a view that shows a part of what there is. The views own their addresses: these name only what is common.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { RunFilters } from "../api/queries";

/** The runs that a filter lets through. */
export const RunsWhere = ({ filters, children }: { filters: RunFilters; children: ReactNode }) => (
  <Link to="/" search={filters}>
    {children}
  </Link>
);

/** A step, at what it did to an item. */
export const StepOfItem = ({
  run,
  step,
  item,
  children,
}: Record<"run" | "step" | "item", string> & { children: ReactNode }) => (
  <Link to="/runs/$run/steps/$step" params={{ run, step }} search={{ item }}>
    {children}
  </Link>
);

type Callsite = { name: string; module?: string; line?: number; from?: string };

/** A function's steps across runs. */
export const FunctionLink = ({ name, children, ...search }: Callsite & { children?: ReactNode }) => (
  <Link to="/steps/$name" params={{ name }} search={search}>
    {children ?? name}
  </Link>
);
