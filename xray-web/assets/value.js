// A captured value as text: names, brackets and all, long ones folded.

import { Digits, ask, parseExactly } from "./api.js";
import { element } from "./dom.js";
import { bytes, count, things, visible } from "./format.js";

/** Elements of a list or fields that are shown at once. */
const AT_ONCE = 100;
/** Characters of a text that are shown at once. */
const TEXT_AT_ONCE = 2_000;
/** A list or struct that fits this many characters stands in one line. */
const LINE = 64;
/** Values are unfolded this deep, but not inside of those with many elements. */
const UNFOLDED = 3;
const FEW = 8;

const LEVELS = {
  structured: null,
  debug_text: "debug text",
  type_name: "type name only",
  redacted: "redacted",
  panicked: "its formatting panicked: type name only",
};

/** What `{level, value, cut?, redacted?, omitted?}` holds; every number in it is a [`Digits`]. */
export function captured({ level, value, cut = [], redacted = [], omitted = null }) {
  if (omitted) return large(level, omitted);
  const notes = {
    cut: new Map(cut.map(({ pointer, length }) => [pointer, length])),
    redacted: new Set(redacted),
  };
  const label = LEVELS[level];
  const shown = level === "debug_text"
    ? element("div", { class: "value" }, text(value, "plain"), cutMark("", notes))
    : element("div", { class: "value" }, level === "redacted" ? null : render(value, "", UNFOLDED, notes));
  return element("div", { class: "captured" }, label && element("span", { class: "chip" }, label), shown);
}

/** The beginning of a value that is too large to come by itself, until somebody asks for the rest. */
function large(level, { bytes: size, beginning, path }) {
  const place = element("div", { class: "captured" });
  const load = async () => {
    button.disabled = true;
    try {
      place.replaceWith(captured({ level, value: parseExactly(await ask(path)) }));
    } catch (error) {
      button.disabled = false;
      button.textContent = `${error.message} Try again`;
    }
  };
  const button = element("button", { type: "button", onclick: load }, `Load all of it, ${bytes(Number(size))} …`);
  place.append(element("div", { class: "value" }, `${visible(beginning)} …`), button);
  return place;
}

/** The value at `pointer`, after its `name` in what it is part of; `unfold` says how many levels of it are unfolded. */
function render(value, pointer, unfold, notes, name = null) {
  const mark = cutMark(pointer, notes);
  if (notes.redacted.has(pointer)) return [name, element("span", { class: "chip" }, "redacted")];
  if (value === null) return [name, mark ?? literal(value)];
  if (typeof value === "boolean" || value instanceof Digits) return [name, literal(value)];
  if (typeof value === "string") return [name, text(`"${value}"`, "string"), mark];

  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  const unfoldInner = entries.length <= FEW ? unfold - 1 : 0;
  const entry = ([key, inner]) => {
    const token = key.replaceAll("~", "~0").replaceAll("/", "~1");
    const name = isList ? null : element("span", { class: "key", dir: "auto" }, `${visible(key)}: `);
    return element("li", {}, render(inner, `${pointer}/${token}`, unfoldInner, notes, name));
  };
  const list = element("ul", {}, entries.slice(0, AT_ONCE).map(entry));
  showMore(list, entries, entry, AT_ONCE);
  const [first, last] = isList ? "[]" : "{}";
  if (isShort(value)) return [name, element("span", { class: "line" }, first, list, mark, last)];
  const size = element("span", { class: "size" }, things(entries.length, isList ? "element" : "field"));
  const beginning = element("span", { class: "preview" }, preview(value, entries));
  const summary = element("summary", {}, name, size, beginning, mark);
  return element("details", { open: unfold > 0 }, summary, list);
}

function literal(value) {
  return element("span", { class: "literal" }, String(value));
}

/** The beginning of what is folded. */
function preview(value, entries) {
  const parts = [];
  let room = LINE;
  for (const [key, inner] of entries) {
    if (room <= 0) {
      parts.push("…");
      break;
    }
    const name = Array.isArray(value) ? "" : `${key}: `;
    const part = `${name}${summed(inner)}`;
    room -= part.length;
    parts.push(visible(part));
  }
  return Array.isArray(value) ? `[${parts.join(", ")}]` : `{${parts.join(", ")}}`;
}

function summed(value) {
  if (typeof value === "string") return value.length > LINE / 2 ? `"${value.slice(0, LINE / 2)}…"` : `"${value}"`;
  if (Array.isArray(value)) return value.length > 0 ? "[…]" : "[]";
  return value === null || typeof value !== "object" || value instanceof Digits ? String(value) : "{…}";
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
