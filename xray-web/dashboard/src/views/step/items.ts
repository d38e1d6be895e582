// The fields of the items that a step decided about, so that they can be columns beside the decisions.

type Fields = Record<string, unknown>;

const isRecord = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The paths of an item's fields, and of those one level within: `rating`, `film.title`. */
export function fieldPaths(sample: Fields[]): Map<string, string[]> {
  const paths = new Map<string, string[]>();
  for (const record of sample) {
    for (const [name, value] of Object.entries(record)) {
      const inner = isRecord(value) ? Object.keys(value) : [];
      if (inner.length === 0) paths.set(name, [name]);
      for (const field of inner) paths.set(`${name}.${field}`, [name, field]);
    }
  }
  return paths;
}

export function valueAt(record: Fields | undefined, path: string[]): unknown {
  let at: unknown = record;
  for (const name of path) at = isRecord(at) ? at[name] : undefined;
  return at;
}

/** The fields that conditions speak of: `film.rating >= limits.rating` is about `rating`. */
export function fieldsIn(conditions: string[], fields: Iterable<string>): string[] {
  const words = new Set(conditions.flatMap((condition) => condition.match(/[A-Za-z_]\w*/g) ?? []));
  return Array.from(fields).filter((field) => words.has(field.split(".").at(-1) ?? field));
}
