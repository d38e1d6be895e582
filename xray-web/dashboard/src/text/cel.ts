// Writing conditions: names and values that were recorded may hold anything.

/** A text as a query writes it. */
export function quoted(text: string): string {
  const escaped = text.replace(/["\\\p{Cc}]/gu, (sign) => {
    if (sign === '"' || sign === "\\") return `\\${sign}`;
    return `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return `"${escaped}"`;
}

/** A text as `lowerAscii()` of a query makes it. */
export const lowerAscii = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** A value as a query writes it, if it can: a text, a number or a truth. */
export function literal(value: unknown): string | undefined {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  return undefined;
}

/** All of the conditions, each as it is written, the first from the second byte on; none where there are none. */
export function all(...conditions: (string | undefined)[]): string | undefined {
  const given = conditions.filter((condition) => typeof condition === "string" && condition.trim() !== "");
  if (given.length < 2) return given[0] as string | undefined;
  // The line break ends a comment at the end of a condition.
  return given.map((condition) => `(${condition}${condition?.includes("//") ? "\n" : ""})`).join(" && ");
}

/** The part of a condition from one byte to another, which is how the API says where it is wrong. */
export function bytesOf(condition: string, start: number, end: number): { before: string; at: string; after: string } {
  const [from, to] = [unitsOf(condition, start), unitsOf(condition, end)];
  return { before: condition.slice(0, from), at: condition.slice(from, to), after: condition.slice(to) };
}

/** How many UTF-16 units of a text are in its first bytes. */
export function unitsOf(text: string, bytes: number): number {
  let left = bytes;
  let units = 0;
  for (const character of text) {
    if (left <= 0) break;
    left -= utf8Length(character.codePointAt(0) ?? 0);
    units += character.length;
  }
  return units;
}

const utf8Length = (point: number): number => (point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4);
