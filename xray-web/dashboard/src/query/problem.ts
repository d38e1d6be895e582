// Where a query is wrong. The server counts bytes of UTF-8, an editor counts UTF-16.
import { Problem } from "../api/client";

export type QueryProblem = { from: number; to: number; detail: string; suggestion?: string };

/** What an answer says against the query `q`, which began `offset` bytes into what was asked. */
export function queryProblem(error: unknown, q: string, offset = 0): QueryProblem | undefined {
  if (!(error instanceof Problem) || error.status !== 400 || error.body.parameter !== "q") return undefined;
  const { start, end, detail = error.message, suggestion } = error.body;
  const place = (bytes: number) => unitsOf(q, bytes - offset);
  return {
    from: place(start ?? offset),
    to: place(end ?? start ?? offset),
    detail,
    ...(suggestion ? { suggestion } : {}),
  };
}

/** How many UTF-16 units of a text are in its first bytes. */
export function unitsOf(text: string, bytes: number): number {
  let left = bytes;
  let units = 0;
  for (const character of text) {
    if (left <= 0) break;
    left -= bytesOf(character.codePointAt(0) ?? 0);
    units += character.length;
  }
  return units;
}

const bytesOf = (point: number): number => (point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4);
