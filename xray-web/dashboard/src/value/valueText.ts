// The JSON text of a large value: its beginning at once, and the rest behind it.
import { queryOptions, useQuery } from "@tanstack/react-query";
import { ask } from "../api/client";

/** What fills a screen many times over, and comes in one answer. */
const BEGINNING_BYTES = 262_144;
/** Large texts are not kept for long once nobody looks at them. */
const KEPT_MS = 30_000;

/** `total` is the length of the whole text, which the server may not know before all of it is asked for. */
type Beginning = { bytes: Uint8Array; total: number | undefined };

const beginning = (path: string) =>
  queryOptions({
    queryKey: ["value", path, "beginning"] as const,
    queryFn: async ({ signal }): Promise<Beginning> => {
      const answer = await ask(path, { signal, headers: { Range: `bytes=0-${BEGINNING_BYTES - 1}` } });
      const bytes = new Uint8Array(await answer.arrayBuffer());
      const [, total] = /\/(\d+|\*)$/.exec(answer.headers.get("Content-Range") ?? `/${bytes.length}`) ?? [];
      return { bytes, total: total === "*" ? undefined : Number(total) };
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: KEPT_MS,
  });

type Whole = { text: string; bytes: number };

const isWhole = ({ bytes, total }: Beginning) => total !== undefined && bytes.length >= total;

const all = (path: string, first: Beginning | undefined) =>
  queryOptions({
    queryKey: ["value", path, "all"] as const,
    queryFn: async ({ signal }): Promise<Whole> => {
      const bytes = first?.bytes ?? new Uint8Array();
      const answer = await ask(path, { signal, headers: { Range: `bytes=${bytes.length}-` } });
      const rest = new Uint8Array(await answer.arrayBuffer());
      const joined = new Uint8Array(bytes.length + rest.length);
      joined.set(bytes);
      joined.set(rest, bytes.length);
      return { text: new TextDecoder().decode(joined), bytes: joined.length };
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: KEPT_MS,
    enabled: first !== undefined && !isWhole(first),
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
  return {
    text: rest.data?.text ?? (first.data && begun(first.data)),
    whole: rest.data !== undefined || (first.data !== undefined && isWhole(first.data)),
    bytes: rest.data?.bytes ?? first.data?.total,
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
