import type { Column } from "../../parts/Table";
import { duration } from "../../text/format";

type Nanoseconds = number | null | undefined;
type Timed = { p50_ns?: Nanoseconds; p95_ns?: Nanoseconds; p99_ns?: Nanoseconds };

/** How long something takes: half of the time at most, nearly always, and all but always. */
export const quantileColumns = (width: string): Column<Timed>[] =>
  (["p50", "p95", "p99"] as const).map((id) => {
    const value = (row: Timed) => row[`${id}_ns`] ?? undefined;
    const cell = (row: Timed) => {
      const nanoseconds = value(row);
      return nanoseconds === undefined ? "–" : duration(nanoseconds);
    };
    return { id, header: id, width, align: "end", cell, sort: value };
  });
