import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Flip, Pair, ValueDifference } from "../../api/types";
import { BasisBadge, VerdictBadge } from "../../parts/Badge";
import { Button } from "../../parts/Button";
import { StepLink } from "../../parts/links";
import { StepOfItem } from "../../parts/narrowed";
import { count, things } from "../../text/format";
import { preview } from "../../value/preview";
import styles from "./Compare.module.css";
import { apart, type Parts, parted } from "./pairs";

type Properties = { pair: Pair; a: string; b: string; most?: number };

const LONG = 400;

/** All that differs between two steps: values, decisions that flipped; and where each step is. */
export function PairDetail({ pair, a, b, most = 20 }: Properties) {
  const [whole, setWhole] = useState(false);
  const differences = whole ? pair.differences : pair.differences.slice(0, most);
  const flipped = whole ? pair.flipped : pair.flipped.slice(0, most);
  const hidden = pair.differences.length - differences.length + pair.flipped.length - flipped.length;
  const isExplained = "explanation" in pair;
  const beyond = pair.more_differences + pair.more_flipped;
  return (
    <div className={styles.detail}>
      <p className={styles.steps}>
        {pair.a && (
          <StepLink run={a} step={pair.a.id}>
            Step in A
          </StepLink>
        )}
        {pair.b && (
          <StepLink run={b} step={pair.b.id}>
            Step in B
          </StepLink>
        )}
        {!isExplained && pair.inputs_equal === true && <span className={styles.faint}>The same went in.</span>}
        {!isExplained && pair.inputs_equal === false && (
          <span className={styles.faint}>Already what went in differs.</span>
        )}
        {pair.kind === "same" && <span className={styles.faint}>Nothing else differs, as far as it was captured.</span>}
        {(pair.kind === "only_a" || pair.kind === "only_b") && (
          <span className={styles.faint}>The other run has no step that is its other.</span>
        )}
      </p>
      {flipped.length > 0 && <Flips flips={flipped} pair={pair} a={a} b={b} />}
      {differences.length > 0 && <Differences differences={differences} />}
      {hidden > 0 && <Button onClick={() => setWhole(true)}>Show {count(hidden)} more</Button>}
      {beyond > 0 && (
        <p className={styles.faint}>
          and {things(beyond, "more difference")}, which the steps themselves show in full.
        </p>
      )}
    </div>
  );
}

function Differences({ differences }: { differences: ValueDifference[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <div className={styles.scroll} tabIndex={0} role="group" aria-label="Values that differ">
      <table className={styles.values}>
        <thead>
          <tr>
            <th scope="col">Where</th>
            <th scope="col">A</th>
            <th scope="col">B</th>
          </tr>
        </thead>
        <tbody>
          {differences.map((difference) => (
            <Difference key={difference.path} difference={difference} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Difference({ difference: { path, kind, a, b } }: { difference: ValueDifference }) {
  // A part of a text is enough to see; of anything else the whole is another.
  const [one, two] =
    typeof a === "string" && typeof b === "string" ? parted(preview(a, LONG), preview(b, LONG)) : [other(a), other(b)];
  const by = apart(a, b);
  return (
    <tr>
      <th scope="row">
        <code>{path || "/"}</code>
      </th>
      <td>{kind === "only_b" ? <span className={styles.faint}>not there</span> : <Value parts={one} side="a" />}</td>
      <td>
        {kind === "only_a" ? <span className={styles.faint}>not there</span> : <Value parts={two} side="b" />}
        {by && <span className={styles.faint}> {by}</span>}
      </td>
    </tr>
  );
}

const other = (value: unknown): Parts => ({ before: "", at: preview(value, LONG), after: "" });

/** What differs is marked by a ground and a line under it. */
const Value = ({ parts: { before, at, after }, side }: { parts: Parts; side: "a" | "b" }) => (
  <code>
    {before}
    {at && <mark data-side={side}>{at}</mark>}
    {after}
  </code>
);

function Flips({ flips, pair, a, b }: { flips: Flip[]; pair: Pair; a: string; b: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <div className={styles.scroll} tabIndex={0} role="group" aria-label="Decisions that flipped">
      <table className={styles.values}>
        <thead>
          <tr>
            <th scope="col">Item</th>
            <th scope="col">A</th>
            <th scope="col">B</th>
          </tr>
        </thead>
        <tbody>
          {flips.map(({ item, a: inA, b: inB }) => (
            <tr key={item}>
              <th scope="row">
                <Link to="/items/$item" params={{ item }} search={{ run: b }}>
                  {item}
                </Link>
              </th>
              <td>
                <SaidOf said={inA} run={a} step={pair.a?.id} item={item} />
              </td>
              <td>
                <SaidOf said={inB} run={b} step={pair.b?.id} item={item} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function SaidOf({ said, run, step, item }: { said: Flip["a"]; run: string; step: string | undefined; item: string }) {
  return (
    <>
      {step ? (
        <StepOfItem run={run} step={step} item={item}>
          <VerdictBadge verdict={said.outcome} />
        </StepOfItem>
      ) : (
        <VerdictBadge verdict={said.outcome} />
      )}{" "}
      <BasisBadge basis={said.basis} /> {said.reason}
      {said.checks.length > 0 && (
        <ul className={styles.checks}>
          {said.checks.map((check) => (
            <li key={check}>
              <code>{check}</code>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
