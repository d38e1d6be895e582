import { useState } from "react";
import styles from "./LineChart.module.css";
import type { Line } from "./lines";

type Properties = { title: string; times: Date[]; lines: Line[]; format: (value: number) => string };

/** What a chart shows, as a table that opens below it. */
export function ChartTable({ title, times, lines, format }: Properties) {
  const [open, setOpen] = useState(false);
  return (
    <details className={styles.details} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>As a table</summary>
      {open && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
        <section className={styles.scroll} tabIndex={0} aria-label={`${title}, as a table`}>
          <table>
            <thead>
              <tr>
                <th scope="col">from</th>
                {lines.map(({ name }) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {times.map((time, index) => (
                <tr key={time.getTime()}>
                  <th scope="row">
                    <time dateTime={time.toISOString()}>{time.toISOString().replace("T", " ").replace("Z", "")}</time>
                  </th>
                  {lines.map(({ name, values }) => {
                    const value = values[index] ?? null;
                    return <td key={name}>{value === null ? "–" : format(value)}</td>;
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </details>
  );
}
