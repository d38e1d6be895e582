// One run: its state, its steps as a tree, and the step that is open.

import { runHash, stepHash } from "./address.js";
import { Problem, ask, parseExactly, read } from "./api.js";
import { DecisionList } from "./decisions.js";
import { element, state } from "./dom.js";
import { count, duration, things, time, visible } from "./format.js";
import { ORPHAN, badge } from "./runs.js";
import { fact, stepDetail } from "./step.js";
import { Tree } from "./tree.js";

const PAGE = 1_000;
/** Steps that are fetched without being asked for. */
const AT_ONCE = 5_000;

export class RunView {
  constructor(main, id, back) {
    this.id = id;
    this.path = `/api/v1/runs/${encodeURIComponent(id)}`;
    this.wanted = AT_ONCE;
    this.step = null;
    this.head = element("header", { class: "run" }, state("Loading the run …"));
    this.steps = element("div", { class: "step-list" });
    this.detail = element("article", { class: "detail", hidden: true, "aria-label": "Step" });
    this.panes = element("div", { class: "panes" }, this.steps, this.detail);
    this.detail.addEventListener("keydown", (event) => event.key === "Escape" && this.openStep(null));
    const goBack = element("p", { class: "back" }, element("a", { href: back }, "← All runs"));
    main.replaceChildren(goBack, this.head, this.panes);
    document.title = "Run – xray";
  }

  async refresh() {
    if (!this.run || this.run.status === "running") return this.load();
    // A run that has ended changes no more; all there is to know is whether the program still answers.
    return read("/health").catch((error) => {
      if (!(error instanceof Problem)) throw error;
    });
  }

  async load() {
    const steps = [];
    let run;
    let cursor = null;
    do {
      const page = await read(this.path, { limit: PAGE, steps_after: cursor });
      if (this.closed) return;
      run = page.run;
      steps.push(...page.steps.data);
      cursor = page.steps.next_cursor;
    } while (cursor !== null && steps.length < this.wanted);
    const text = JSON.stringify([run, steps]);
    if (text === this.text) return;
    this.text = text;
    this.run = run;
    this.showHead(run);
    this.showSteps(run, steps, cursor === null);
    const outcome = steps.find((step) => step.id === this.step)?.outcome;
    if (outcome && this.opened && outcome !== this.opened.outcome) await this.showStep();
  }

  showHead(run) {
    document.title = `${run.pipeline || "Run"} – xray`;
    this.head.replaceChildren(...[
      element("h1", {}, visible(run.pipeline) || "(its beginning was lost)", " ", badge(run.status)),
      run.lost_events > 0 && element("p", { class: "banner warn", role: "alert" },
        element("strong", {}, `This run lost ${things(run.lost_events, "event")}.`),
        " Steps, their ends or their values may be missing from what is shown."),
      run.orphan && element("p", { class: "banner warn" }, element("strong", {}, "This run is an orphan."), " ", ORPHAN),
      run.error && element("p", { class: "banner bad", dir: "auto" }, visible(run.error)),
      element("dl", { class: "facts" },
        fact("Started", element("time", { datetime: run.started_at, title: run.started_at }, time(run.started_at))),
        fact("Duration", run.duration_ns === null ? "still running" : duration(run.duration_ns)),
        fact("Outcome", run.outcome),
        fact("Steps", count(run.steps)),
        fact("Failures", count(run.failures)),
        run.parent && fact("Started by",
          element("a", { href: stepHash(run.parent.run, run.parent.step) }, "a step of another run")),
        fact("Run", element("code", {}, run.id), "wide")),
    ].filter(Boolean));
  }

  showSteps(run, steps, isWhole) {
    if (steps.length === 0) {
      this.tree = undefined;
      const why = element("p", {}, "None arrived yet, or they were lost.");
      this.steps.replaceChildren(state("No steps are stored", why));
      return;
    }
    const hadFocus = this.steps.contains(document.activeElement) ? this.tree?.focusable?.step.id : undefined;
    const earlier = this.tree;
    this.tree = new Tree(run, steps, isWhole, (id) => this.openStep(id));
    if (earlier) this.tree.foldLike(earlier);
    this.steps.replaceChildren(this.tree.element);
    if (!isWhole) this.steps.append(this.moreButton(run, steps.length));
    this.tree.select(this.step);
    if (hadFocus) this.tree.focus(hadFocus);
    // A step that was there before the tree did not know its parent's name.
    if (!earlier && this.opened) this.renderStep();
  }

  moreButton(run, shown) {
    const button = element("button", { type: "button", onclick: async () => {
      button.disabled = true;
      this.wanted += 2 * AT_ONCE;
      await this.load().catch((error) => this.fail(error));
    } }, "Load more");
    return element("p", { class: "banner" }, `${count(shown)} of ${count(run.steps)} steps are loaded. `, button);
  }

  openStep(id) {
    location.hash = id === null ? runHash(this.id) : stepHash(this.id, id);
  }

  /** Shows a step beside the tree, or none; the hash says which. */
  async select(id) {
    const earlier = this.step;
    this.step = id;
    this.tree?.select(id);
    if (id === null) {
      this.detail.hidden = true;
      this.split(false);
      if (earlier !== null) this.tree?.focus(earlier);
    } else {
      await this.showStep();
    }
  }

  split(isSplit) {
    this.panes.classList.toggle("split", isSplit);
    this.head.classList.toggle("brief", isSplit);
  }

  async showStep() {
    const id = this.step;
    this.opened = undefined;
    this.split(true);
    const isOther = this.detail.dataset.step !== id;
    this.detail.hidden = false;
    if (isOther) this.detail.replaceChildren(state("Loading the step …"));
    this.detail.dataset.step = id;
    const path = `${this.path}/steps/${encodeURIComponent(id)}`;
    try {
      const text = await ask(path);
      if (this.closed || this.step !== id) return;
      this.opened = parseExactly(text);
      this.decisions = new DecisionList(path);
      this.renderStep();
      this.decisions.load();
    } catch (error) {
      if (this.closed || this.step !== id) return;
      const again = element("button", { type: "button", onclick: () => this.showStep() }, "Try again");
      const close = element("a", { class: "button", href: runHash(this.id) }, "Close");
      const why = element("p", { class: "detail" }, error.message);
      this.detail.replaceChildren(state("The step cannot be shown", why, element("p", {}, again, " ", close)));
    }
    // A narrow window shows the step alone: begin at its top.
    if (isOther && this.steps.offsetParent === null) this.detail.querySelector("h2")?.focus();
  }

  renderStep() {
    this.detail.replaceChildren(...stepDetail(this.id, this.opened, (id) => this.tree?.nameOf(id), this.decisions.element));
  }

  /** An error that a refresh met, other than a lost connection. */
  fail(problem) {
    this.text = undefined;
    this.run = undefined;
    this.tree = undefined;
    this.head.replaceChildren(state("The run cannot be shown", element("p", { class: "detail" }, problem.message)));
    this.steps.replaceChildren();
  }
}
