// The steps of a run as a tree of rows: indented, collapsible, walked with the arrow keys.

import { stepHash } from "./address.js";
import { element } from "./dom.js";
import { duration, items, visible } from "./format.js";
import { badge } from "./runs.js";

/** Deeper levels are not indented further, so that names stay readable. */
const DEEPEST_INDENT = 16;
const COLUMNS = { name: "Step", outcome: "Outcome", items: "Items", duration: "Duration", when: "When" };

/**
 * The steps as the rows of the tree, from top to bottom; a row's `size` counts the rows below it.
 * Siblings are ordered by their start. A step whose parent is not among them stands at the root, as an orphan.
 */
export function arrangeSteps(steps) {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const below = new Map();
  for (const step of steps) {
    const parent = byId.has(step.parent) && step.parent !== step.id ? step.parent : null;
    if (!below.has(parent)) below.set(parent, []);
    below.get(parent).push(step);
  }
  // RFC 3339 texts of one length sort like the times that they say, to the nanosecond.
  const order = (a, b) => (a.started_at < b.started_at ? -1 : a.started_at > b.started_at ? 1 : a.id < b.id ? -1 : 1);
  for (const siblings of below.values()) siblings.sort(order);

  const rows = [];
  // A stack of our own: a chain of calls may be deeper than JavaScript's.
  const open = [];
  const enter = (siblings, parent) => open.push({ siblings, at: 0, parent });
  enter(below.get(null) ?? [], null);
  while (open.length > 0) {
    const top = open.at(-1);
    if (top.at === top.siblings.length) {
      open.pop();
      if (top.parent) top.parent.size = rows.length - top.parent.index - 1;
      continue;
    }
    const step = top.siblings[top.at];
    top.at += 1;
    const orphan = step.parent !== null && top.parent === null;
    const row = { index: rows.length, step, level: open.length, parent: top.parent, orphan, size: 0, folded: false };
    rows.push(row);
    if (below.has(step.id)) enter(below.get(step.id), row);
  }
  return rows;
}

/** How long a step took: nothing is known of one whose end was lost, or whose program died. */
function took(run, step) {
  if (step.duration_ns !== null) return duration(step.duration_ns);
  return step.outcome === "open" && run.status === "running" ? "…" : "–";
}

export class Tree {
  /** `open` is called with a step's id; `isWhole` says whether all steps of the run are there. */
  constructor(run, steps, isWhole, open) {
    this.rows = arrangeSteps(steps);
    this.open = open;
    this.isWhole = isWhole;
    this.start = run.started_ns;
    const end = (step) => step.started_ns + (step.duration_ns ?? 0) - run.started_ns;
    this.span = steps.reduce((span, step) => Math.max(span, end(step)), Math.max(1, run.duration_ns ?? 0));
    for (const row of this.rows) row.element = this.row(run, row);
    const column = ([name, title]) => element("span", { role: "columnheader", class: name }, title);
    this.element = element("div",
      { class: "tree", role: "treegrid", "aria-label": "Steps", onkeydown: (event) => this.key(event) },
      element("div", { role: "row", class: "head" }, Object.entries(COLUMNS).map(column)),
      this.rows.map((row) => row.element));
    this.focusable = this.rows[0];
    this.focusable?.element.setAttribute("tabindex", "0");
  }

  row(run, row) {
    const { step } = row;
    const cell = (name, ...children) => element("span", { role: "gridcell", class: name }, children);
    const toggle = element("span", { class: "toggle", "aria-hidden": "true", onclick: () => this.fold(row) });
    const made = element("div", {
      role: "row", tabindex: "-1", class: "step", "data-outcome": step.outcome,
      "aria-level": row.level, "aria-expanded": row.size > 0 ? "true" : null,
      onfocusin: () => this.makeFocusable(row),
    },
      cell("name", toggle, element("span", { class: "words" },
        element("a", { href: stepHash(run.id, step.id), tabindex: "-1" }, visible(step.name) || "(unnamed)"),
        step.kind && element("span", { class: "kind" }, visible(step.kind)),
        row.orphan && this.orphanMark(step))),
      cell("outcome", badge(step.outcome)),
      cell("items", items(step)),
      cell("duration", took(run, step)),
      cell("when", this.bar(step)));
    made.style.setProperty("--level", Math.min(row.level - 1, DEEPEST_INDENT));
    return made;
  }

  orphanMark(step) {
    const [mark, why] = this.isWhole
      ? ["parent missing", "was not recorded"]
      : ["parent not loaded", "is not loaded yet"];
    return element("span", { class: "chip warn", title: `Its parent ${step.parent} ${why}` }, mark);
  }

  /** Where in the run the step took its time. */
  bar(step) {
    const bar = element("span", { class: "bar", "aria-hidden": "true" });
    const from = Math.max(0, (step.started_ns - this.start) / this.span);
    const length = step.outcome === "open" ? 1 - from : (step.duration_ns ?? 0) / this.span;
    bar.style.setProperty("--from", `${from * 100}%`);
    bar.style.setProperty("--length", `${length * 100}%`);
    return bar;
  }

  /** Marks the row of a step; `null` marks none. */
  select(id) {
    for (const row of this.rows) row.element.toggleAttribute("aria-selected", false);
    const row = this.rows.find((row) => row.step.id === id);
    if (!row) return;
    row.element.setAttribute("aria-selected", "true");
    for (let above = row.parent; above; above = above.parent) if (above.folded) this.fold(above);
    this.makeFocusable(row);
  }

  /** The name of a step, if it is here. */
  nameOf(id) {
    return this.rows.find((row) => row.step.id === id)?.step.name;
  }

  makeFocusable(row) {
    this.focusable?.element.setAttribute("tabindex", "-1");
    row.element.setAttribute("tabindex", "0");
    this.focusable = row;
  }

  focus(id) {
    (this.rows.find((row) => row.step.id === id) ?? this.focusable)?.element.focus();
  }

  /** Folds what is folded in an earlier tree of the same run. */
  foldLike(earlier) {
    const folded = new Set(earlier.rows.filter((row) => row.folded).map((row) => row.step.id));
    for (const row of this.rows) if (folded.has(row.step.id)) this.fold(row);
  }

  /** Folds what is below a row, or unfolds it. */
  fold(row) {
    if (row.size === 0) return;
    row.folded = !row.folded;
    row.element.setAttribute("aria-expanded", String(!row.folded));
    // What is folded further below stays folded.
    let foldedBelow = 0;
    for (const below of this.rows.slice(row.index + 1, row.index + 1 + row.size)) {
      below.element.hidden = row.folded || foldedBelow > 0;
      if (foldedBelow > 0) foldedBelow -= 1;
      else if (below.folded) foldedBelow = below.size;
    }
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const shown = this.rows.filter((row) => !row.element.hidden);
    const at = shown.indexOf(this.focusable);
    const row = shown[at];
    if (!row) return;
    const canUnfold = row.size > 0 && row.folded;
    const canFold = row.size > 0 && !row.folded;
    let next = null;
    switch (event.key) {
      case "ArrowDown": next = shown[at + 1]; break;
      case "ArrowUp": next = shown[at - 1]; break;
      case "Home": next = shown[0]; break;
      case "End": next = shown.at(-1); break;
      case "ArrowRight":
        if (canUnfold) this.fold(row);
        else if (canFold) next = shown[at + 1];
        break;
      case "ArrowLeft":
        if (canFold) this.fold(row);
        else next = row.parent;
        break;
      case "Enter":
      case " ":
        this.open(row.step.id);
        break;
      default: return;
    }
    event.preventDefault();
    next?.element.focus();
  }
}
