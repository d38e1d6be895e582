// Finding values in the text of a JSON document without reading what is inside them. A text may end anywhere: what is
// there of it is found. Nothing is checked that is not needed to find the next value.

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const BACKSLASH = 92;
const OPEN_LIST = 91;
const CLOSE_LIST = 93;
const OPEN_RECORD = 123;
const CLOSE_RECORD = 125;

export type Kind = "record" | "list" | "text" | "number" | "truth" | "null";

/** The values directly within another one, as places in the text. `keys` is empty of a list. */
export type Children = {
  kind: "record" | "list";
  /** Where each name begins, with its quotation mark. */
  keys: number[];
  starts: number[];
  ends: number[];
  /** Where the value ends, or the text does. */
  end: number;
  /** The text ends before the value does: there may be more of them, and the last one may not be whole. */
  cut: boolean;
};

const isSpace = (code: number) => code === 32 || code === 10 || code === 13 || code === 9;

/** The first place from `at` on that is no white space. */
export function skipSpace(text: string, at: number): number {
  let place = at;
  while (isSpace(text.charCodeAt(place))) place += 1;
  return place;
}

/** What sort of value begins at `at`; nothing if none does. */
export function kindAt(text: string, at: number): Kind | undefined {
  const code = text.charCodeAt(at);
  if (code === OPEN_RECORD) return "record";
  if (code === OPEN_LIST) return "list";
  if (code === QUOTE) return "text";
  if (code === 116 || code === 102) return "truth";
  if (code === 110) return "null";
  return code === 45 || (code >= 48 && code <= 57) ? "number" : undefined;
}

/** Behind the closing mark of the text that begins at `at`; the end of all if it is not closed. */
function skipText(text: string, at: number): number {
  let place = at + 1;
  for (;;) {
    const close = text.indexOf('"', place);
    if (close < 0) return text.length;
    let slashes = close;
    while (text.charCodeAt(slashes - 1) === BACKSLASH) slashes -= 1;
    if ((close - slashes) % 2 === 0) return close + 1;
    place = close + 1;
  }
}

/** Behind the value that begins at `at`. */
export function skipValue(text: string, at: number): number {
  let depth = 0;
  let place = at;
  while (place < text.length) {
    const code = text.charCodeAt(place);
    if (code === QUOTE) {
      place = skipText(text, place);
    } else if (code === OPEN_LIST || code === OPEN_RECORD) {
      depth += 1;
      place += 1;
      continue;
    } else if (code === CLOSE_LIST || code === CLOSE_RECORD) {
      if (depth === 0) return place;
      depth -= 1;
      place += 1;
    } else if (depth === 0) {
      if (code === COMMA || isSpace(code)) return place;
      place += 1;
      continue;
    } else {
      place += 1;
      continue;
    }
    if (depth === 0) return place;
  }
  return place;
}

/** What is directly within the record or list that begins at `at`, in one pass over it. */
export function scanChildren(text: string, at: number): Children {
  const kind = text.charCodeAt(at) === OPEN_RECORD ? "record" : "list";
  const close = kind === "record" ? CLOSE_RECORD : CLOSE_LIST;
  const keys: number[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  let place = at + 1;
  for (;;) {
    place = skipSpace(text, place);
    if (text.charCodeAt(place) === COMMA) place = skipSpace(text, place + 1);
    if (place >= text.length) return { kind, keys, starts, ends, end: text.length, cut: true };
    if (text.charCodeAt(place) === close) return { kind, keys, starts, ends, end: place + 1, cut: false };
    let key = place;
    if (kind === "record") {
      place = skipSpace(text, skipText(text, key));
      if (text.charCodeAt(place) === COLON) place = skipSpace(text, place + 1);
      if (place >= text.length) return { kind, keys, starts, ends, end: text.length, cut: true };
    } else {
      key = -1;
    }
    const end = skipValue(text, place);
    // Something that is no JSON would be found again and again.
    if (end === place) return { kind, keys, starts, ends, end: place, cut: true };
    if (key >= 0) keys.push(key);
    starts.push(place);
    ends.push(end);
    place = end;
  }
}

/** The name that begins at `at`, as it was before it became JSON. */
export const nameAt = (text: string, at: number): string => readText(text.slice(at, skipText(text, at)));

/** A text of JSON as it was, as far as it is there. */
export function readText(raw: string): string {
  for (const whole of [raw, `${raw}"`, `${raw.replace(/\\(u[0-9a-fA-F]{0,3})?$/, "")}"`]) {
    try {
      const read: unknown = JSON.parse(whole);
      if (typeof read === "string") return read;
    } catch {
      // The next one is tried.
    }
  }
  return raw;
}
