import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { groups } from "../../api/queries";
import type { Verdict } from "../../api/types";
import { Bars } from "../../charts/Bars";
import { VerdictBadge } from "../../parts/Badge";
import { RunsWhere } from "../../parts/narrowed";
import { all, quoted } from "../../text/cel";
import { compact, things } from "../../text/format";
import { Section } from "./Calls";
import { type Asked, runsWith } from "./conditions";
import styles from "./FunctionSteps.module.css";

const SHOWN = 12;
const TONES = { kept: "good", eliminated: "bad", scored: "violet", introduced: "teal" } as const;

/** What a function decided and why, counted by item. */
export function Reasons({ asked }: { asked: Asked }) {
  const answer = useQuery(
    groups({
      of: "decisions",
      group_by: "outcome, reason",
      select: "count()",
      order: "-count()",
      q: asked.decisions,
      limit: SHOWN,
    }),
  );
  const rows = answer.data?.data ?? [];
  const most = Number(rows[0]?.[2] ?? 1);
  return (
    <Section
      title="Decisions by reason"
      aside={
        rows.length > 0 && (
          <Link to="/compare" search={{ of: "items", name: asked.name }}>
            What differs between eliminated and kept
          </Link>
        )
      }
      answer={answer}
      empty={rows.length === 0 && "It decided about no items."}
    >
      <Bars
        label="Decisions by reason"
        bars={rows.map(([outcome, reason, items]) => {
          const verdict = outcome as Verdict;
          const decision = all(
            `d.outcome == ${quoted(verdict)}`,
            typeof reason === "string" ? `d.reason == ${quoted(reason)}` : "!has(d.reason)",
          );
          return {
            key: `${outcome} ${reason}`,
            label: (
              <>
                <VerdictBadge verdict={verdict} />{" "}
                <RunsWhere filters={{ q: runsWith(asked, `s.decisions.exists(d, ${decision})`) }}>
                  {typeof reason === "string" ? reason : "without a reason"}
                </RunsWhere>
              </>
            ),
            share: Number(items) / most,
            value: compact(Number(items)),
            tone: TONES[verdict],
          };
        })}
      />
      {answer.data && answer.data.groups > rows.length && (
        <p className={styles.faint}>and {things(answer.data.groups - rows.length, "more reason", "more reasons")}</p>
      )}
    </Section>
  );
}
