// A rectangle of cells, from where it was begun to where it goes on.

export type Cell = { column: number; row: number };
export type Rectangle = { anchor: Cell; head: Cell };
export type Bounds = { columns: [number, number]; rows: [number, number] };

export const boundsOf = ({ anchor, head }: Rectangle): Bounds => ({
  columns: [Math.min(anchor.column, head.column), Math.max(anchor.column, head.column)],
  rows: [Math.min(anchor.row, head.row), Math.max(anchor.row, head.row)],
});

const STEPS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
  Home: [Number.NEGATIVE_INFINITY, 0],
  End: [Number.POSITIVE_INFINITY, 0],
};

/** Where a key goes. With Shift the rectangle grows, without it the next cell is all there is of it. */
export function moved(
  from: Rectangle,
  key: string,
  grow: boolean,
  columns: number,
  rows: number,
): Rectangle | undefined {
  const step = STEPS[key];
  if (!step) return undefined;
  const head = {
    column: Math.max(0, Math.min(columns - 1, from.head.column + step[0])),
    row: Math.max(0, Math.min(rows - 1, from.head.row + step[1])),
  };
  return { anchor: grow ? from.anchor : head, head };
}
