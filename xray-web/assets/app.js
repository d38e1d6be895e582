// Which view is open, and its pulse: what is shown is asked for anew every two seconds while somebody looks.

import { listHash } from "./address.js";
import { Problem, Unreachable, read } from "./api.js";
import { element } from "./dom.js";
import { bytes, count, things } from "./format.js";
import { RunView } from "./run.js";
import { RunList } from "./runs.js";

const INTERVAL = 2_000;
/** The store's summary is asked for every so many beats. */
const SUMMARY_EVERY = 5;

const main = document.getElementById("main");
const notices = document.getElementById("notices");
const pulse = document.getElementById("pulse");
const summary = document.getElementById("summary");

let view;
let listAddress = listHash();
let beats = 0;
let timer;
let turn = 0;
let lastHeard;

/** Opens what the hash says; a run that is open already stays, with another step. */
function route() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [place, run, , step] = path.split("/").map(decode);
  if (place === "runs" && run) {
    if (!(view instanceof RunView) || view.id !== run) replace(new RunView(main, run, listAddress));
    view.select(step || null);
  } else {
    listAddress = location.hash || listHash();
    replace(new RunList(main, new URLSearchParams(query ?? "")));
  }
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function replace(next) {
  if (view) {
    view.closed = true;
    window.scrollTo(0, 0);
    // What had the focus is gone; go on from the top of what has come.
    main.focus({ preventScroll: true });
  }
  view = next;
  beat();
}

/** Refreshes the view now and then every two seconds; a later beat takes over from one that is still under way. */
async function beat() {
  clearTimeout(timer);
  turn += 1;
  const mine = turn;
  const current = view;
  try {
    await current.refresh();
    connected();
  } catch (error) {
    if (error instanceof Unreachable) {
      lost();
    } else {
      connected();
      if (!current.closed) current.fail(error);
      if (!(error instanceof Problem)) console.error(error);
    }
  }
  if (mine !== turn) return;
  if (beats % SUMMARY_EVERY === 0) await readSummary();
  if (mine !== turn) return;
  beats += 1;
  if (document.visibilityState === "visible") timer = setTimeout(beat, INTERVAL);
}

async function readSummary() {
  let stats;
  try {
    stats = await read("/api/v1/stats");
  } catch {
    return;
  }
  const { events, store } = stats;
  const runs = Object.values(store.runs).reduce((all, some) => all + some, 0);
  const file = store.path?.split(/[\\/]/).at(-1);
  const facts = [file, things(runs, "run"), things(store.steps, "step"), bytes(store.bytes)];
  summary.textContent = facts.filter(Boolean).join(" · ");
  summary.title = store.path ?? "";
  const dropped = Object.values(events.dropped).reduce((all, some) => all + some, 0);
  notice("store", events.store_error && ["bad", "The store cannot be written. ", events.store_error]);
  const share = `${things(dropped, "event")} of ${count(events.produced)}`;
  notice("dropped", dropped > 0 && ["warn", `Dropped: ${share}. `, "The runs that lost some say so."]);
}

function connected() {
  lastHeard = new Date();
  pulse.textContent = "live";
  pulse.dataset.state = "live";
  notice("connection", null);
}

function lost() {
  pulse.textContent = "connection lost";
  pulse.dataset.state = "lost";
  const since = lastHeard ? `What is shown is from ${lastHeard.toLocaleTimeString()}.` : "Nothing could be loaded.";
  const title = "The program that serves this page does not answer. ";
  notice("connection", ["bad", title, `It may have ended. ${since} This page tries again by itself.`]);
}

/** Shows, changes or (without content) removes the banner of this name. */
function notice(name, content) {
  const earlier = notices.querySelector(`[data-name="${name}"]`);
  if (!content) {
    earlier?.remove();
    return;
  }
  const [kind, title, rest] = content;
  if (earlier?.textContent === title + rest) return;
  const banner = element("p", { class: `banner ${kind}`, "data-name": name }, element("strong", {}, title), rest);
  if (earlier) earlier.replaceWith(banner);
  else notices.append(banner);
}

window.addEventListener("hashchange", route);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") beat();
});
route();
