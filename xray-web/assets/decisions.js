// What a step did to its items: counts, reasons, and each item with why.

import { Digits, ask, parseExactly } from "./api.js";
import { element } from "./dom.js";
import { count, visible } from "./format.js";
import { captured } from "./value.js";

const PAGE = 100;
const COLUMNS = ["Item", "Outcome", "Why", "Score", "Place"];

const DOUBTS = {
  ambiguous_argument: "several arguments are lists that the result may come from",
  no_such_argument: "the argument that is declared as the list is not captured as one",
  no_such_key: "the declared key names no field of the items",
  key_not_unique: "several items have the same key",
  cut: "not all of a list was captured",
  unrelated: "nothing relates what came out to what went in: counts alone are known",
  replaced: "items that came out in place of others may be the same, changed",
  keys_alone: "one of the lists holds keys, not items",
  type_changed: "the items came out as another type",
  empty_output: "nothing came out, so it is not known whether the result is a list of such items",
  several_lists: "the result has more than one list",
};

/** The counts of a step and its reasons; nothing if nothing was decided. Its numbers may be [`Digits`]. */
export function countsOf(counts) {
  const number = (name) => Number(counts[name]);
  const shown = ["kept", "eliminated", "scored", "introduced", "refused"].filter((name) => number(name) > 0);
  if (shown.length === 0) return [];
  const rate = counts.rejection_rate === null ? null : `${(Number(counts.rejection_rate) * 100).toFixed(1)} % rejected`;
  return [
    element("p", { class: "counts" },
      shown.map((name) => [outcome(name, `${count(counts[name])} ${name}`), " "]),
      rate && element("span", {}, rate), " ",
      basis(counts.inferred ? "inferred" : "observed")),
    counts.reasons.length > 0 && element("table", { class: "reasons" },
      element("tbody", {}, counts.reasons.map(({ reason, items }) => element("tr", {},
        element("td", { class: "number" }, count(items)),
        element("td", { dir: "auto" }, visible(reason)))))),
  ].filter(Boolean);
}

/** A table of decisions that is filled from the API as far as is asked for. */
export class DecisionList {
  /** `path` is the step's. */
  constructor(path) {
    this.path = `${path}/decisions`;
    this.cursor = null;
    this.rows = element("tbody", {});
    this.notes = element("div", {});
    this.more = element("p", {});
    this.element = element("section", { class: "decisions", hidden: true },
      element("h3", {}, "Decisions"), this.notes,
      element("table", {},
        element("thead", {}, element("tr", {}, COLUMNS.map((name) => element("th", { scope: "col" }, name)))),
        this.rows),
      this.more);
  }

  async load() {
    let page;
    try {
      page = parseExactly(await ask(this.path, { limit: PAGE, cursor: this.cursor }));
    } catch (error) {
      this.element.hidden = false;
      this.more.replaceChildren(`They cannot be shown: ${error.message} `, this.button("Try again"));
      return;
    }
    this.cursor = page.next_cursor;
    this.notes.replaceChildren(...compared(page));
    this.rows.append(...page.data.map(row));
    this.more.replaceChildren(...(this.cursor === null ? [] : [this.button(`Show ${PAGE} more`)]));
    this.element.hidden = this.rows.children.length === 0 && page.doubts.length === 0;
  }

  button(text) {
    const button = element("button", { type: "button", onclick: () => {
      button.disabled = true;
      this.load();
    } }, text);
    return button;
  }
}

function compared({ argument, key, doubts }) {
  return [
    argument !== null && element("p", { class: "faint" },
      "Items of ", element("code", {}, visible(argument)), ", by ", element("code", {}, visible(key ?? "value")), "."),
    doubts.length > 0 && element("ul", { class: "doubts" }, doubts.map((doubt) => element("li", {},
      element("span", { class: "chip warn" }, visible(doubt)), " ", DOUBTS[doubt] ?? ""))),
  ].filter(Boolean);
}

function row(decision) {
  return element("tr", {},
    element("td", { class: "item", dir: "auto" }, visible(decision.item)),
    element("td", {}, outcome(decision.outcome, decision.outcome), " ", basis(decision.basis), marks(decision)),
    element("td", { class: "why" }, why(decision)),
    element("td", { class: "number" }, score(decision.score)),
    element("td", { class: "number" }, places(decision)));
}

function why({ reason, checks, detail }) {
  const lines = checks.map((check) =>
    element("li", { class: check.holds ? null : "bad", dir: "auto" }, element("code", {}, visible(check.text))));
  // A condition that failed is its own reason.
  const isSaid = checks.some((check) => check.condition === reason);
  return [
    reason !== null && !isSaid && element("p", { dir: "auto" }, visible(reason)),
    lines.length > 0 && element("ul", {}, lines),
    detail !== null && captured(detail),
  ];
}

function marks({ changed, ambiguous, contradicted }) {
  const mark = (is, text, title) => is && [" ", element("span", { class: "chip warn", title }, text)];
  return [
    mark(contradicted, "contradicted", "The code says another thing than what went in and came out."),
    mark(ambiguous, "ambiguous", "Several items have this key."),
    mark(changed, "changed", "It came out other than it went in."),
  ];
}

function outcome(word, text) {
  return element("span", { class: "badge", "data-word": word }, visible(text));
}

function basis(word) {
  const title = word === "inferred"
    ? "Derived by comparing what went in with what came out."
    : "Reported by the code.";
  return element("span", { class: "chip", title }, visible(word));
}

/** To four decimals; a score that is no number is a text. */
function score(value) {
  if (value === null) return "";
  return value instanceof Digits ? String(Math.round(Number(value) * 1e4) / 1e4) : visible(value);
}

/** The places in what went in and in what came out, from 1. */
function places({ before, after }) {
  if (before === null && after === null) return "";
  const place = (at) => (at === null ? "–" : count(Number(at) + 1));
  return `${place(before)} → ${place(after)}`;
}

/** What the code said of a step, and of a run in its first step. */
export function saidOf(step, fact) {
  const texts = (list) => element("ul", {}, list.map((text) => element("li", { dir: "auto" }, visible(text))));
  return [
    step.reasons.length > 0 && ["Reasons", texts(step.reasons)],
    step.meta.length > 0 && ["Noted", element("dl", { class: "arguments" },
      step.meta.map((noted) => fact(element("code", {}, visible(noted.key)), captured(noted))))],
    step.llm.length > 0 && ["Language model", step.llm.map(captured)],
    step.tags?.length > 0 && ["Tags of the run", element("p", {}, step.tags.map(({ key, value }) =>
      [element("span", { class: "chip", dir: "auto" }, visible(`${key}: ${value}`)), " "]))],
    step.notes?.length > 0 && ["Notes on the run", texts(step.notes)],
    step.input && ["Input of the run", captured(step.input)],
    step.output && ["Output of the run", captured(step.output)],
  ].filter(Boolean);
}
