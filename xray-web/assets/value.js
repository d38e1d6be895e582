// A captured value as text: names, brackets and all, long ones folded.

import { Digits } from "./api.js";
import { element } from "./dom.js";
import { count, visible } from "./format.js";

/** Elements of a list or fields that are shown at once. */
const AT_ONCE = 100;
/** Characters of a text that are shown at once. */
const TEXT_AT_ONCE = 2_000;
/** A list or struct that fits this many characters stands in one line. */
const LINE = 64;
/** Values are unfolded this deep. */
const UNFOLDED = 3;

const LEVELS = {
  structured: null,
  debug_text: "debug text",
  type_name: "type name only",
  redacted: "redacted",
  panicked: "its formatting panicked: type name only",
};

/** What `{level, value, cut?, redacted?}` holds; every number in it is a [`Digits`]. */
export function captured({ level, value, cut = [], redacted = [] }) {
  const notes = {
    cut: new Map(cut.map(({ pointer, length }) => [pointer, length])),
    redacted: new Set(redacted),
  };
  const label = LEVELS[level];
  const shown = level === "debug_text"
    ? element("div", { class: "value" }, text(value, "plain"), cutMark("", notes))
    : element("div", { class: "value" }, level === "redacted" ? null : render(value, "", 0, notes));
  return element("div", { class: "captured" }, label && element("span", { class: "chip" }, label), shown);
}

function render(value, pointer, depth, notes) {
  if (notes.redacted.has(pointer)) return element("span", { class: "chip" }, "redacted");
  const mark = cutMark(pointer, notes);
  if (value === null) return mark ?? element("span", { class: "literal" }, "null");
  if (typeof value === "boolean" || value instanceof Digits) return element("span", { class: "literal" }, String(value));
  if (typeof value === "string") return element("span", {}, text(`"${value}"`, "string"), mark);
  const isList = Array.isArray(value);
  const entries = isList ? [...value.entries()] : Object.entries(value);
  const [first, last] = isList ? ["[", "]"] : ["{", "}"];
  if (entries.length === 0) return element("span", {}, first, mark, last);
  const entry = ([key, inner]) => {
    const token = String(key).replaceAll("~", "~0").replaceAll("/", "~1");
    const name = isList ? null : [element("span", { class: "key", dir: "auto" }, visible(key)), ": "];
    return element("li", {}, name, render(inner, `${pointer}/${token}`, depth + 1, notes));
  };
  const list = element("ul", {}, entries.slice(0, AT_ONCE).map(entry));
  showMore(list, entries, entry, AT_ONCE);
  if (isShort(value)) return element("span", { class: "line" }, first, list, mark, last);
  const size = isList ? `[ ${count(entries.length)} ]` : `{ ${count(entries.length)} }`;
  return element("details", { open: depth < UNFOLDED }, element("summary", {}, size, mark), list);
}

/** A button after the elements that are shown, for as long as there are more. */
function showMore(list, entries, entry, from) {
  if (from >= entries.length) return;
  const more = element("li", {}, element("button", {
    type: "button",
    onclick: () => {
      const added = entries.slice(from, from + 10 * AT_ONCE).map(entry);
      more.replaceWith(...added);
      showMore(list, entries, entry, from + added.length);
    },
  }, `${count(entries.length - from)} more …`));
  list.append(more);
}

/** A text, of which the rest is shown when asked for. */
function text(string, name) {
  const shown = element("span", { class: name, dir: "auto" }, visible(string.slice(0, TEXT_AT_ONCE)));
  if (string.length <= TEXT_AT_ONCE) return shown;
  const more = element("button", {
    type: "button",
    onclick: () => {
      shown.textContent = visible(string);
      more.remove();
    },
  }, `${count(string.length - TEXT_AT_ONCE)} more characters …`);
  return element("span", {}, shown, more);
}

function cutMark(pointer, notes) {
  if (!notes.cut.has(pointer)) return null;
  const length = notes.cut.get(pointer);
  return element("span", { class: "chip warn" }, length === undefined ? "cut" : `cut, was ${count(length)} long`);
}

function isShort(value, room = { left: LINE }) {
  if (value !== null && typeof value === "object" && !(value instanceof Digits)) {
    for (const [key, inner] of Object.entries(value)) {
      room.left -= Array.isArray(value) ? 2 : key.length + 4;
      if (room.left < 0 || !isShort(inner, room)) return false;
    }
    return true;
  }
  room.left -= String(value).length;
  return room.left >= 0 && !String(value).includes("\n");
}
