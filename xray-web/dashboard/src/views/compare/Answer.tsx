import type { ComparedField, ComparedSet, Comparison } from "../../api/types";
import { Badge } from "../../parts/Badge";
import { Empty } from "../../parts/Empty";
import { RunsWhere } from "../../parts/narrowed";
import { all, quoted } from "../../text/cel";
import { count, percent, things } from "../../text/format";
import { since } from "../steps/period";
import { bars, conditionOn, NOTES, told } from "./fields";
import styles from "./Sets.module.css";
import type { CompareSearch } from "./search";

type Properties = { comparison: Comparison; search: CompareSearch };

/** The fields in which two sets differ, those that differ most first. */
export function Answer({ comparison: { a, b, data, more }, search }: Properties) {
  const ofItems = search.of === "items";
  const differing = data.filter(({ effect }) => effect > 0);
  const same = data.length - differing.length;
  return (
    <>
      <div className={styles.sets}>
        <SetHead side="a" set={a} ofItems={ofItems} />
        <SetHead side="b" set={b} ofItems={ofItems} />
      </div>
      {a.size === 0 || b.size === 0 ? (
        <Empty inline title={a.size + b.size === 0 ? "Both sets are empty" : `${a.size === 0 ? "A" : "B"} is empty`}>
          <p>
            {ofItems
              ? "There is nothing to compare: the step eliminated or kept nothing in this time."
              : "There is nothing to compare: no run is so. Look further back, or ask for something else."}
          </p>
        </Empty>
      ) : differing.length === 0 ? (
        <Empty inline title="No field differs">
          <p>Both sets have the same values in what was captured of them.</p>
        </Empty>
      ) : (
        <section aria-labelledby="what-differs">
          <h2 id="what-differs" className={styles.heading}>
            What differs, most first
          </h2>
          <ol className={styles.fields}>
            {differing.map((field) => (
              <FieldRow key={field.field} field={field} a={a} b={b} search={search} />
            ))}
          </ol>
        </section>
      )}
      {same + more > 0 && (
        <p className={styles.faint}>
          {same > 0 && `${things(same, "field")} ${same === 1 ? "does" : "do"} not differ. `}
          {more > 0 && `${things(more, "field")} more ${more === 1 ? "differs" : "differ"} less than these.`}
        </p>
      )}
    </>
  );
}

function SetHead({ side, set, ofItems }: { side: "a" | "b"; set: ComparedSet; ofItems: boolean }) {
  return (
    <section className={styles.set} data-side={side} aria-label={`Set ${side.toUpperCase()}`}>
      <p>
        <strong className={styles.letter}>{side.toUpperCase()}</strong> <code>{set.what}</code>
      </p>
      <p>
        {things(set.size, ofItems ? "item" : "run")}
        {set.capped && <span className={styles.faint}>, a sample: there are more</span>}
      </p>
      {set.stopped && (
        <p>
          <Badge tone="warn">incomplete</Badge> Finding all of them costs more than it may.
        </p>
      )}
    </section>
  );
}

type FieldProperties = { field: ComparedField; a: ComparedSet; b: ComparedSet; search: CompareSearch };

function FieldRow({ field, a, b, search }: FieldProperties) {
  const [inA, inB] = bars(field);
  const sets = [
    { side: "a" as const, set: a, has: field.a.values, bar: inA },
    { side: "b" as const, set: b, has: field.b.values, bar: inB },
  ];
  return (
    <li className={styles.field}>
      <div className={styles.effect}>
        <p>
          <code className={styles.path}>{field.field}</code>
          {field.note && (
            <Badge tone="warn" title="What may be wrong with it">
              {NOTES[field.note]}
            </Badge>
          )}
        </p>
        <p className={styles.faint}>{told(field)}</p>
        <p className={styles.strength}>
          <span className={styles.track} aria-hidden="true">
            <span style={{ width: `${field.effect * 100}%` }} />
          </span>
          <span title="How much it tells of which set one is in: from 0, nothing, to 1, all">
            effect {Number(field.effect.toFixed(2))}
          </span>
        </p>
      </div>
      <div className={styles.both}>
        {sets.map(({ side, set, has, bar }) => {
          const q = leadsTo(field, side, set, search);
          return (
            <div key={side} className={styles.one} data-side={side}>
              <strong className={styles.letter}>{side.toUpperCase()}</strong>
              <span className={styles.track} aria-hidden="true">
                <span style={{ width: `${(bar?.share ?? 0) * 100}%` }} />
              </span>
              <span className={styles.value}>{bar?.value}</span>
              <span className={styles.faint} title="How many of the set have a value at all">
                {has === set.size ? `all ${count(has)}` : `${count(has)} of ${count(set.size)}`}
                {set.size > 0 && has < set.size && ` (${percent(has / set.size)})`}
              </span>
              {q ? (
                <RunsWhere filters={{ q, pipeline: search.pipeline, from: since(search.from) }}>
                  runs<span className="visually-hidden">{` of ${side.toUpperCase()} by ${field.field}`}</span>
                </RunsWhere>
              ) : (
                <span />
              )}
            </div>
          );
        })}
      </div>
    </li>
  );
}

/** The runs that have what tells the sets apart, as a condition; nothing where none can say it. */
function leadsTo(field: ComparedField, side: "a" | "b", set: ComparedSet, search: CompareSearch): string | undefined {
  if (search.of !== "items") {
    const condition = conditionOn(field, side);
    return condition && all(set.what, condition);
  }
  // Of what items are compared by, runs can only be asked for what went into the step.
  if (!search.name || !/^(size\()?input\b/.test(field.field)) return undefined;
  const condition = conditionOn(field, side, "s.");
  return condition && `steps.exists(s, s.name == ${quoted(search.name)} && s.${set.what} > 0 && ${condition})`;
}
