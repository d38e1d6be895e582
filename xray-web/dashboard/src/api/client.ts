// Asking the API. Every answer is JSON; everything else is a `Problem` or `Unreachable`.
import type { ProblemBody } from "./types";

/** The server answered that something is wrong with what was asked, or with itself (RFC 9457). */
export class Problem extends Error {
  readonly status: number;
  readonly body: Partial<ProblemBody>;

  constructor(status: number, body: Partial<ProblemBody>) {
    super(body.detail ?? `the server answered ${status}`);
    this.status = status;
    this.body = body;
  }

  /** The run was there, and was removed. */
  get isGone(): boolean {
    return this.status === 410;
  }
}

/** The server did not answer at all: the program that serves this page has ended, or is stopped. */
export class Unreachable extends Error {}

export type Parameters = Record<string, string | number | boolean | null | undefined>;

/** `path?name=value`, without the parameters that have no value. */
export function address(path: string, parameters: Parameters = {}): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return given.length > 0 ? `${path}?${query}` : path;
}

type Listener = (reachable: boolean) => void;
const listeners = new Set<Listener>();

/** Calls `listener` after every answer, and after every request that got none. */
export function onReachable(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

async function answer(path: string, init: RequestInit): Promise<Response> {
  try {
    const response = await fetch(path, init);
    for (const listener of listeners) listener(true);
    return response;
  } catch (error) {
    if (init.signal?.aborted) throw error;
    for (const listener of listeners) listener(false);
    throw new Unreachable(error instanceof Error ? error.message : String(error));
  }
}

/** The answer as it came, if it is a success. */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await answer(path, init);
  if (response.ok) return response;
  const body: Partial<ProblemBody> = await response.json().catch(() => ({}));
  throw new Problem(response.status, body);
}

/** Asks `GET path`, and reads the answer as JSON. */
export async function read<Answer>(path: string, parameters?: Parameters, signal?: AbortSignal): Promise<Answer> {
  const response = await ask(address(path, parameters), { signal: signal ?? null });
  return response.json() as Promise<Answer>;
}

/** Changes something: `PUT` or `DELETE`. */
export async function change(method: "PUT" | "DELETE", path: string): Promise<void> {
  await ask(path, { method, headers: { "X-Xray-Request": "dashboard" } });
}
