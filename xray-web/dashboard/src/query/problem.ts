// Where a query is wrong. The server counts bytes of UTF-8, an editor counts UTF-16.
import { Problem } from "../api/client";
import { unitsOf } from "../text/cel";

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
