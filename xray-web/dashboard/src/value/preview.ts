// A value in a line.

/** The beginning of a value as JSON-like text of about `limit` characters, `…` where more would follow. */
export function preview(value: unknown, limit = 120): string {
  let left = limit;
  const parts: string[] = [];
  const put = (text: string) => {
    parts.push(text.length > left ? `${text.slice(0, Math.max(left, 0))}…` : text);
    left -= text.length;
  };
  const visit = (value: unknown): void => {
    if (left <= 0) return;
    if (Array.isArray(value)) {
      list("[", value.length, "]", (index) => visit(value[index]));
    } else if (typeof value === "object" && value !== null) {
      const entries = Object.entries(value);
      list("{", entries.length, "}", (index) => {
        const [name, field] = entries[index] ?? ["", null];
        put(`${name}: `);
        visit(field);
      });
    } else {
      put(JSON.stringify(value) ?? "");
    }
  };
  const list = (open: string, length: number, close: string, each: (index: number) => void) => {
    put(open);
    for (let index = 0; index < length && left > 0; index += 1) {
      if (index > 0) put(", ");
      each(index);
    }
    if (left > 0) put(close);
  };
  visit(value);
  return parts.join("");
}
