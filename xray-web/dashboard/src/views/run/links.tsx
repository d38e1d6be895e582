// From the view of a run to the decisions of one of its steps, and to its items.
import { Link } from "@tanstack/react-router";
import type { ComponentProps, ReactNode } from "react";
import { count } from "../../text/format";
import type { Drop, Stage } from "./stages";

type Anchor = Pick<ComponentProps<"a">, "className" | "title" | "aria-label">;

/** To the decisions that eliminated items, for one reason if one was given. */
export function DropLink({
  run,
  drop: { reason, step },
  children,
  ...rest
}: Anchor & { run: string; drop: Drop; children: ReactNode }) {
  const search = { outcome: "eliminated", ...(reason === undefined ? {} : { reason }) } as const;
  return (
    <Link to="/runs/$run/steps/$step" params={{ run, step }} search={search} {...rest}>
      {children}
    </Link>
  );
}

/** What a link to a drop leads to, in words. */
export const dropWords = (stage: Stage, { items, reason }: Drop): string =>
  `${stage.name}: −${count(items)} ${reasonWords(reason)}`;

export const reasonWords = (reason: string | undefined): string => reason || "no reason given";

/** To an item's way through this run. */
export const RunItemLink = ({ run, item }: { run: string; item: string }) => (
  <Link to="/items/$item" params={{ item }} search={{ run }}>
    {item}
  </Link>
);
