// Where in a value something is: as a JSON pointer, and as it is said in a query.
import type { Way } from "./tree";

/** `/films/0/title` (RFC 6901). */
export const pointer = (way: Pick<Way, "name">[]): string =>
  way.map(({ name }) => `/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

/** `input.films[0].title`; names that are no words are in brackets. */
export const queryPath = (root: string, way: Pick<Way, "name">[]): string =>
  root + way.map(({ name }) => step(name)).join("");

function step(name: string | number): string {
  if (typeof name === "number") return `[${name}]`;
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

/** How a query names a part of a step, such as `arguments.0`; nothing if it cannot. */
export function queryRoot(part: string, name?: string): string | undefined {
  const [kind] = part.split(".");
  if (kind === "result" || kind === "output") return "output";
  if (kind === "llm") return "llm";
  if (name === undefined) return undefined;
  if (kind === "arguments") return queryPath("input", [{ name }]);
  return kind === "meta" || kind === "reasoning" ? queryPath(kind, [{ name }]) : undefined;
}
