import type { HeatCell } from "../../charts/Heatmap";
import { count, duration } from "../../text/format";
import styles from "./DurationMap.module.css";

type Properties = { cells: HeatCell[]; at: (column: number) => string; edges: number[] };

/** What the heatmap shows, in words and numbers. */
export function DurationTable({ cells, at, edges }: Properties) {
  const sorted = cells.toSorted((a, b) => a.column - b.column || a.row - b.row);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled with the keys
    <div className={styles.table} tabIndex={0} role="group" aria-label="Numbers of runs">
      <table>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">Took</th>
            <th scope="col">Runs</th>
            <th scope="col">Failed</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map(({ column, row, count: runs, failed }) => (
            <tr key={`${column} ${row}`}>
              <td>{at(column)}</td>
              <td>
                {duration(edges[row] ?? 0)} – {duration(edges[row + 1] ?? 0)}
              </td>
              <td>{count(runs)}</td>
              <td>{count(failed)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
