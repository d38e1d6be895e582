// The JSON text of a large value: its beginning at once, and the rest behind it.
import { queryOptions, useQuery } from "@tanstack/react-query";
import { ask } from "../api/client";

/** What fills a screen many times over, and comes in one answer. */
const BEGINNING_BYTES = 262_144;
/** Large texts are not kept for long once nobody looks at them. */
const KEPT_MS = 30_000;

type Beginning = { bytes: Uint8Array; total: number };

const beginning = (path: string) =>
  queryOptions({
    queryKey: ["value", path, "beginning"] as const,
    queryFn: async ({ signal }): Promise<Beginning> => {
      const answer = await ask(path, { signal, headers: { Range: `bytes=0-${BEGINNING_BYTES - 1}` } });
      const bytes = new Uint8Array(await answer.arrayBuffer());
      const [, total] = /\/(\d+)$/.exec(answer.headers.get("Content-Range") ?? "") ?? [];
      return { bytes, total: total === undefined ? bytes.length : Number(total) };
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: KEPT_MS,
  });

const all = (path: string, first: Beginning | undefined) =>
  queryOptions({
    queryKey: ["value", path, "all"] as const,
    queryFn: async ({ signal }): Promise<string> => {
      const { bytes, total } = first ?? { bytes: new Uint8Array(), total: 0 };
      const answer = await ask(path, { signal, headers: { Range: `bytes=${bytes.length}-${total - 1}` } });
      const rest = new Uint8Array(await answer.arrayBuffer());
      const joined = new Uint8Array(bytes.length + rest.length);
      joined.set(bytes);
      joined.set(rest, bytes.length);
      return new TextDecoder().decode(joined);
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: KEPT_MS,
    enabled: first !== undefined && first.bytes.length < first.total,
    structuralSharing: false,
  });

export type ValueText = {
  /** As much of it as is there. */
  text: string | undefined;
  whole: boolean;
  bytes: number | undefined;
  error: Error | null;
  retry: () => void;
};

/** Asks for the value at `path`, if there is one; a text that is there already is taken as it is. */
export function useValueText(path: string | undefined, known?: string): ValueText {
  const first = useQuery({ ...beginning(path ?? ""), enabled: path !== undefined });
  const rest = useQuery(all(path ?? "", path === undefined ? undefined : first.data));
  if (path === undefined) return { text: known, whole: true, bytes: known?.length, error: null, retry: () => {} };
  const isWhole = first.data !== undefined && first.data.bytes.length >= first.data.total;
  return {
    text: rest.data ?? (first.data && begun(first.data)),
    whole: isWhole || rest.data !== undefined,
    bytes: first.data?.total,
    error: first.error ?? rest.error,
    retry: () => void (first.error ? first.refetch() : rest.refetch()),
  };
}

const texts = new WeakMap<Beginning, string>();

/** The text of a beginning, which may end within a letter: that letter is left out. */
function begun(first: Beginning): string {
  const known = texts.get(first) ?? new TextDecoder().decode(first.bytes, { stream: true });
  texts.set(first, known);
  return known;
}
