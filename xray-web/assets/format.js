// Numbers and times as people read them.

const UNITS = [["ns", 1], ["µs", 1e3], ["ms", 1e6], ["s", 1e9]];

/** Nanoseconds, to three digits. */
export function duration(ns) {
  ns = Number(ns);
  const seconds = Math.round(ns / 1e9);
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)} h ${pad(Math.floor(seconds / 60) % 60, 2)} min`;
  if (seconds >= 60) return `${Math.floor(seconds / 60)} min ${pad(seconds % 60, 2)} s`;
  // What rounds up to 1,000 of one unit is 1 of the next.
  let [name, size] = UNITS.findLast(([, size]) => ns >= size * 0.9995) ?? UNITS[0];
  const value = ns / size;
  const digits = name === "ns" || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${name}`;
}

export function count(number) {
  return number === null ? "–" : Number(number).toLocaleString("en");
}

/** A number of things, such as "1 step" and "2 steps". */
export function things(number, name) {
  return `${count(number)} ${name}${Number(number) === 1 ? "" : "s"}`;
}

export function bytes(number) {
  const names = ["B", "KiB", "MiB", "GiB", "TiB"];
  let at = 0;
  while (number >= 1024 && at < names.length - 1) {
    number /= 1024;
    at += 1;
  }
  return `${number.toFixed(at === 0 || number >= 100 ? 0 : 1)} ${names[at]}`;
}

/** The local time of an RFC 3339 text, to the millisecond; with its date, unless that is today. */
export function time(text) {
  const date = new Date(text);
  const hours = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => pad(part, 2)).join(":");
  const clock = `${hours}.${pad(date.getMilliseconds(), 3)}`;
  return date.toDateString() === new Date().toDateString() ? clock : `${day(date)} ${clock}`;
}

/** How many items went in and came out, as far as it is known. */
export function items(step) {
  if (step.items_in === null && step.items_out === null) return "";
  const known = (number) => (number === null ? "?" : count(number));
  return `${known(step.items_in)} → ${known(step.items_out)}`;
}

// Control characters, and those that turn the direction of writing: they would show a text as something else.
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** A text with what cannot be seen spelt out. */
export function visible(text) {
  return text.replace(INVISIBLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function day(date) {
  return `${date.getFullYear()}-${pad(date.getMonth() + 1, 2)}-${pad(date.getDate(), 2)}`;
}

function pad(number, length) {
  return String(number).padStart(length, "0");
}
