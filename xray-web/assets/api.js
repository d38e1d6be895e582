// Asking the API.

import { query } from "./address.js";

/** The server answered with a problem, or with something else that is no answer. */
export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** The server did not answer at all. */
export class Unreachable extends Error {}

/** A number with the digits that the server wrote: JavaScript has no room for those beyond 2^53, and forgets ".0". */
export class Digits {
  constructor(text) {
    this.text = text;
  }
  toString() {
    return this.text;
  }
  valueOf() {
    return Number(this.text);
  }
}

/** The text of an answer. */
export async function ask(path, parameters = {}) {
  let response;
  let text;
  try {
    response = await fetch(path + query(parameters), { signal: AbortSignal.timeout(15_000) });
    text = await response.text();
  } catch (error) {
    throw new Unreachable(error.message);
  }
  if (!response.ok) throw new Problem(response.status, detailOf(text) ?? `the server answered ${response.status}`);
  return text;
}

export async function read(path, parameters) {
  return JSON.parse(await ask(path, parameters));
}

/** Parses with every number as the [`Digits`] it was written with. */
export function parseExactly(text) {
  return JSON.parse(text, (_, value, context) =>
    typeof value === "number" ? new Digits(context?.source ?? String(value)) : value);
}

function detailOf(text) {
  try {
    const problem = JSON.parse(text);
    return problem.detail ?? problem.reason;
  } catch {
    return undefined;
  }
}
