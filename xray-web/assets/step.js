// One step: how it ended, what went in, what came out.

import { runHash, stepHash } from "./address.js";
import { countsOf, saidOf } from "./decisions.js";
import { element } from "./dom.js";
import { duration, items, time, visible } from "./format.js";
import { badge } from "./runs.js";
import { captured } from "./value.js";

/**
 * What `GET …/steps/{step}` answered, parsed exactly; `nameOf` knows the names of the run's other steps, and `decisions`
 * is the element that lists those of this one.
 */
export function stepDetail(run, step, nameOf, decisions) {
  const counts = countsOf(step.counts);
  return [
    element("header", {},
      element("h2", { tabindex: "-1" }, visible(step.name) || "(unnamed)"),
      badge(step.outcome),
      step.kind && element("span", { class: "kind" }, visible(step.kind)),
      step.important && element("span", { class: "chip warn" }, "important"),
      element("a", { class: "close", href: runHash(run), "aria-label": "Close the step" }, "Close")),
    element("dl", { class: "facts" }, facts(run, step, nameOf)),
    step.error && section("Error", failure(step.error)),
    counts.length > 0 && section("Items", counts),
    decisions,
    ...saidOf(step, fact).map(([title, content]) => section(title, content)),
    step.result !== null && section("Result", captured(step.result)),
    section("Arguments", argumentList(step)),
    step.result === null && !step.error && element("p", { class: "faint" }, withoutResult(step.outcome)),
  ].filter(Boolean);
}

function facts(run, step, nameOf) {
  const parent = step.parent
    ? element("a", { href: stepHash(run, step.parent) }, visible(nameOf(step.parent) ?? step.parent))
    : "nothing recorded";
  return [
    fact("Started", element("time", { datetime: step.started_at, title: step.started_at }, time(step.started_at))),
    fact("Duration", step.duration_ns === null ? "not known" : duration(step.duration_ns)),
    items(step) && fact("Items", items(step)),
    fact("Thread", String(step.thread)),
    fact("Called by", parent, "wide"),
    fact("Source", element("code", {}, visible(`${step.file}:${step.line}`)), "wide"),
    fact("Module", element("code", {}, visible(step.module)), "wide"),
    fact("Step", element("code", {}, step.id), "wide"),
  ];
}

/** A name and what it says, for a description list; a wide one has a line of its own. */
export function fact(name, value, kind = null) {
  return element("div", { class: kind }, element("dt", {}, name), element("dd", {}, value));
}

function section(title, ...content) {
  return element("section", {}, element("h3", {}, title), content);
}

function failure(error) {
  return [
    element("p", { class: "message", dir: "auto" }, visible(error.message)),
    error.chain.length > 0 && element("div", { class: "chain" },
      element("p", { class: "faint" }, "Caused by"),
      element("ol", {}, error.chain.map((cause) => element("li", { dir: "auto" }, visible(cause))))),
    error.location && element("p", {},
      element("span", { class: "faint" }, "Panicked at "), element("code", {}, visible(error.location))),
    error.value && captured(error.value),
  ].filter(Boolean);
}

function argumentList(step) {
  if (step.arguments.length === 0) return element("p", { class: "faint" }, "None were captured.");
  const argument = (argument) => fact(element("code", {}, visible(argument.name)), captured(argument));
  return element("dl", { class: "arguments" }, step.arguments.map(argument));
}

function withoutResult(outcome) {
  switch (outcome) {
    case "open": return "It has not ended yet.";
    case "cancelled": return "It was dropped before it was done, so there is no result.";
    case "lost": return "Its end was lost, so nobody knows how it ended.";
    default: return "No result was captured.";
  }
}
