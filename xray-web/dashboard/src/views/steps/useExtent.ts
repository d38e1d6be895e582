import { useQuery } from "@tanstack/react-query";
import { groups } from "../../api/queries";
import { type Bucket, beginnings, bucketOf } from "./period";

const MOST = 60;
const LEAST = 8;

export type Extent = { bucket: Bucket; times: Date[] };

/**
 * The time that steps began in, cut into round lengths, fewer where there are few steps; nothing until it is known, or
 * where there are none.
 */
export function useExtent(q: string | undefined, from: string | undefined, before: string | undefined, most = MOST) {
  const asked = useQuery(groups({ of: "steps", select: "min(started), max(started), count()", q, from, before }));
  const [first, last, steps] = asked.data?.data[0] ?? [];
  if (typeof first !== "string" || typeof last !== "string") return undefined;
  const bucket = bucketOf(Date.parse(last) - Date.parse(first), Math.max(LEAST, Math.min(most, Number(steps) / 2)));
  return { bucket, times: beginnings(new Date(first), new Date(last), bucket) } satisfies Extent;
}
