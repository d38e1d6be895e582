// The list of runs: filtered, in pages, refreshed in place.

import { listHash, runHash } from "./address.js";
import { read } from "./api.js";
import { arrange, element, state } from "./dom.js";
import { count, duration, time, visible } from "./format.js";

const STATUSES = ["running", "completed", "failed", "crashed", "incomplete"];
const COLUMNS = ["Status", "Pipeline", "Started", "Duration", "Steps", "Failures", "Lost"];

export class RunList {
  constructor(main, query) {
    this.filters = { status: query.get("status"), pipeline: query.get("pipeline") };
    this.cursor = query.get("cursor");
    this.rows = new Map();
    this.body = element("tbody", { role: "rowgroup" });
    this.pipelines = element("datalist", { id: "pipelines" });
    this.content = element("div", {}, state("Loading runs …"));
    this.pages = element("nav", { class: "pages", "aria-label": "Pages" });
    main.replaceChildren(element("h1", { class: "hidden" }, "Runs"), this.filterForm(), this.content, this.pages);
    document.title = "Runs – xray";
  }

  filterForm() {
    const pipeline = element("input", {
      name: "pipeline", list: "pipelines", placeholder: "any, by its whole name",
      autocomplete: "off", spellcheck: "false",
    });
    pipeline.value = this.filters.pipeline ?? "";
    const status = element("select", { name: "status" },
      element("option", { value: "" }, "any"),
      STATUSES.map((status) => element("option", { value: status, selected: status === this.filters.status }, status)));
    const apply = () => {
      location.hash = listHash({ status: status.value || null, pipeline: pipeline.value || null });
    };
    status.addEventListener("change", apply);
    pipeline.addEventListener("change", apply);
    const submit = (event) => {
      event.preventDefault();
      apply();
    };
    return element("form", { class: "filters", role: "search", onsubmit: submit },
      element("label", {}, "Status", status),
      element("label", {}, "Pipeline", pipeline),
      this.isFiltered() && element("a", { class: "button", href: listHash() }, "Clear"),
      this.pipelines);
  }

  isFiltered() {
    return this.filters.status !== null || this.filters.pipeline !== null;
  }

  async refresh() {
    const page = await read("/api/v1/runs", { ...this.filters, cursor: this.cursor, limit: 100 });
    if (this.closed) return;
    if (page.data.length === 0) this.showNothing();
    else this.show(page.data);
    this.showPages(page);
  }

  show(runs) {
    const rows = new Map();
    for (const run of runs) {
      const text = JSON.stringify(run);
      const known = this.rows.get(run.id);
      rows.set(run.id, known?.text === text ? known : { text, row: row(run, known?.row) });
    }
    this.rows = rows;
    arrange(this.body, [...rows.values()].map(({ row }) => row));
    this.suggest(runs.map((run) => run.pipeline));
    if (!this.table) {
      const head = COLUMNS.map((name) => element("th", { role: "columnheader", scope: "col" }, name));
      this.table = element("table",
        { class: "runs", role: "table", "aria-label": "Runs, newest first", onkeydown: moveBetweenRows },
        element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, head)), this.body);
    }
    if (this.content.firstElementChild !== this.table) this.content.replaceChildren(this.table);
  }

  /** Offers the pipelines met so far in the filter. */
  suggest(pipelines) {
    const known = new Set([...this.pipelines.children].map((option) => option.value));
    const added = [...new Set(pipelines)].filter((name) => name && !known.has(name));
    this.pipelines.append(...added.map((value) => element("option", { value })));
  }

  showNothing() {
    if (this.cursor !== null) {
      this.say("No older runs", element("a", { href: listHash(this.filters) }, "Back to the newest"));
    } else if (this.isFiltered()) {
      this.say("No run matches", "The pipeline must be the whole name, in the same case.", showAll());
    } else {
      const code = (text) => element("code", {}, text);
      this.say("No runs yet",
        ["Put ", code("#[xray::run]"), " on the function that starts a pipeline and ", code("#[xray::step]"),
          " on those it calls, then call it."],
        "Runs appear here by themselves as soon as they begin.");
    }
  }

  /** Shows a title and paragraphs in place of runs. */
  say(title, ...paragraphs) {
    this.content.replaceChildren(state(title, paragraphs.map((paragraph) => element("p", {}, paragraph))));
  }

  showPages(page) {
    const pages = `${this.cursor}/${page.next_cursor}`;
    if (this.shownPages === pages) return;
    this.shownPages = pages;
    const link = (cursor, text) => element("a", { class: "button", href: listHash({ ...this.filters, cursor }) }, text);
    this.pages.replaceChildren(...[
      this.cursor !== null && link(null, "Newest"),
      page.next_cursor !== null && link(page.next_cursor, "Older"),
    ].filter(Boolean));
  }

  /** An error that a refresh met, other than a lost connection. */
  fail(problem) {
    this.say("The runs cannot be listed", problem.message, showAll());
    this.pages.replaceChildren();
    this.shownPages = undefined;
  }
}

function showAll() {
  return element("a", { href: listHash() }, "Show all runs");
}

/** The row of a run; `earlier`, if there is one, is filled anew, so that the focus stays in it. */
function row(run, earlier) {
  const cell = (name, ...children) => element("td", { role: "cell", class: name, "data-label": name }, children);
  const cells = [
    cell("status", badge(run.status)),
    cell("pipeline",
      element("a", { href: runHash(run.id) }, visible(run.pipeline) || "(its beginning was lost)"),
      run.orphan && [" ", orphanMark()],
      run.error && element("p", { class: "error" }, visible(run.error))),
    cell("started", element("time", { datetime: run.started_at, title: run.started_at }, time(run.started_at))),
    cell("duration", run.duration_ns === null ? "…" : duration(run.duration_ns)),
    cell("steps", count(run.steps)),
    cell("failures", marked(run.failures, "bad")),
    cell("lost", marked(run.lost_events, "warn")),
  ];
  const made = earlier ?? element("tr", { role: "row" });
  const hadFocus = made.contains(document.activeElement);
  made.replaceChildren(...cells);
  if (hadFocus) made.querySelector("a").focus();
  return made;
}

/** A number that should be zero. */
function marked(number, kind) {
  return number > 0 ? element("strong", { class: kind }, count(number)) : element("span", { class: "none" }, "0");
}

/** A status or outcome as a word with a colour and a sign. */
export function badge(word) {
  return element("span", { class: "badge", "data-word": word }, word);
}

/** What is wrong with a run that is a step which was called without its context, and how to put it right. */
export const ORPHAN = "Called without a context while another run was open: attach one with xray::in_current_step "
  + "or .in_current_step() where its thread or task is started, or mark the function with #[xray::run].";

function orphanMark() {
  return element("span", { class: "chip warn", title: ORPHAN }, "orphan");
}

function moveBetweenRows(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const links = [...event.currentTarget.querySelectorAll("td.pipeline a")];
  const next = links[links.indexOf(document.activeElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
