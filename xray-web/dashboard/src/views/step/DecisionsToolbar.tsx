import { useEffect, useRef, useState } from "react";
import type { Counts } from "../../api/types";
import { Button } from "../../parts/Button";
import { ColumnMenu } from "../../parts/ColumnMenu";
import { type Choice, Select } from "../../parts/Select";
import { useShortcut } from "../../shell/shortcuts";
import { count } from "../../text/format";
import styles from "./Decisions.module.css";
import type { Way } from "./DecisionsView";
import { BASES, type StepSearch, VERDICTS } from "./search";

type Properties = {
  way: Way;
  /** Whether `/` leads to the box for items: only where nothing else may want it. */
  hasKeys: boolean;
  counts: Counts;
  search: StepSearch;
  onChange: (change: StepSearch) => void;
  fields: string[];
  shown: string[];
  /** How many there are. */
  said: string;
};

const ANY = "";
const LONGEST = 70;

/** Which decisions are shown, in which order, with which columns. */
export function DecisionsToolbar({ way, hasKeys, counts, search, onChange, fields, shown, said }: Properties) {
  return (
    <div className={styles.toolbar}>
      <Select
        label="Outcome"
        choices={[
          { value: ANY, label: "Any outcome" },
          ...VERDICTS.filter((verdict) => counts[verdict] > 0 || verdict === search.outcome).map((verdict) => ({
            value: verdict,
            label: `${verdict} (${count(counts[verdict])})`,
          })),
        ]}
        value={search.outcome ?? ANY}
        onChange={(outcome) => onChange({ outcome: VERDICTS.find((one) => one === outcome) })}
      />
      <Select
        label="Reason"
        choices={reasons(counts, search.reason)}
        value={search.reason ?? ANY}
        onChange={(reason) => onChange({ reason: reason || undefined })}
      />
      <Select
        label="Basis"
        choices={[{ value: ANY, label: "Any basis" }, ...BASES.map((basis) => ({ value: basis, label: basis }))]}
        value={search.basis ?? ANY}
        onChange={(basis) => onChange({ basis: BASES.find((one) => one === basis) })}
      />
      <ItemBox hasKeys={hasKeys} item={search.item} onChange={(item) => onChange({ item })} />
      {way === "decisions" && (
        <Button
          aria-pressed={search.group === "reason"}
          onClick={() => onChange({ group: search.group ? undefined : "reason" })}
        >
          By reason
        </Button>
      )}
      {way !== "ranking" && (
        <Button
          aria-pressed={search.sort === "near"}
          title="Items that missed the bound by the least come first"
          onClick={() => onChange({ sort: search.sort ? undefined : "near" })}
        >
          Near misses first
        </Button>
      )}
      {fields.length > 0 && (
        <ColumnMenu
          label="Fields"
          columns={fields.map((field) => ({ id: field, header: field }))}
          shown={shown}
          onChange={(columns) => onChange({ columns })}
          counted
        />
      )}
      <span className={styles.counted} role="status">
        {said}
      </span>
    </div>
  );
}

function reasons(counts: Counts, chosen: string | undefined): Choice<string>[] {
  const choices = counts.reasons.map(({ reason, items }) => ({
    value: reason,
    label: `${reason.length > LONGEST ? `${reason.slice(0, LONGEST)}…` : reason} (${count(items)})`,
  }));
  if (chosen !== undefined && !choices.some(({ value }) => value === chosen))
    choices.push({ value: chosen, label: chosen.slice(0, LONGEST) });
  return [{ value: ANY, label: "Any reason" }, ...choices];
}

const TYPING_MS = 200;

type ItemBoxProperties = {
  hasKeys: boolean;
  item: string | undefined;
  onChange: (item: string | undefined) => void;
};

/** A part of an item's key; it counts when nothing has been typed for a moment. */
function ItemBox({ hasKeys, item, onChange }: ItemBoxProperties) {
  const box = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(item ?? "");
  useEffect(() => setTyped(item ?? ""), [item]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  return (
    <>
      {hasKeys && <FindKey press={() => box.current?.focus()} />}
      <input
        ref={box}
        type="search"
        aria-label="Item"
        placeholder="Item"
        value={typed}
        onChange={(event) => {
          const words = event.target.value;
          setTyped(words);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => onChange(words || undefined), TYPING_MS);
        }}
      />
    </>
  );
}

function FindKey({ press }: { press: () => void }) {
  useShortcut("/", "Find an item", press);
  return null;
}
