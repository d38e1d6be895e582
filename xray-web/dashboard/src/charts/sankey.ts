// Where the parts of a flow of items are drawn, from above to below: a bar for what goes into each stage, a ribbon for
// what goes on from it, and one to the right for each part that does not.

export type Flow = {
  items_in: number;
  /** What is left of it. */
  kept: number;
  /** What comes out; `undefined` if nothing did because the stage failed. */
  items_out: number | undefined;
  /** It takes what came out of the flow before. */
  follows: boolean;
  /** The parts that do not go on. */
  drops: number[];
};

export type Scale = "linear" | "log";

export type Part = { x0: number; x1: number; y: number; thickness: number };

export type Placed = {
  y: number;
  height: number;
  width: number;
  kept: number;
  out: number | undefined;
  drops: Part[];
  /** How wide the stage below begins, if it follows. */
  next: number | undefined;
};

export const BAR = 12;
const LINE = 24;
const LEAST_HEIGHT = 58;
/** Between a flow that ends, which says so, and the next one. */
const GAP = 34;
const THINNEST = 3;
const THICKEST = 16;
/** Beyond this ratio small numbers cannot be seen beside large ones. */
const TOO_FAR_APART = 50;

/** A logarithmic scale where a linear one would hide the small numbers. */
export function suitableScale(flows: Flow[]): Scale {
  const numbers = flows.flatMap((flow) => [flow.items_in, flow.items_out ?? 0]).filter((items) => items > 0);
  return Math.max(...numbers) / Math.min(...numbers) > TOO_FAR_APART ? "log" : "linear";
}

export function placed(flows: Flow[], width: number, scale: Scale): Placed[] {
  const most = Math.max(1, ...flows.flatMap((flow) => [flow.items_in, flow.items_out ?? 0]));
  const measure = (items: number) => {
    if (items <= 0) return 0;
    return Math.max(1, (scale === "log" ? Math.log1p(items) / Math.log1p(most) : items / most) * width);
  };
  let y = 0;
  return flows.map((flow, index) => {
    const below = flows[index + 1];
    const height = Math.max(LEAST_HEIGHT, BAR + 14 + flow.drops.length * LINE);
    const stage = {
      y,
      height,
      width: measure(flow.items_in),
      kept: measure(flow.kept),
      out: flow.items_out === undefined ? undefined : measure(flow.items_out),
      next: below?.follows ? measure(below.items_in) : undefined,
    };
    y += height + (below?.follows ? 0 : GAP);
    return { ...stage, drops: parts(flow, stage, most) };
  });
}

/** The drops share what the bar has beyond what is kept. */
function parts({ drops }: Flow, { y, kept, width }: Pick<Placed, "y" | "kept" | "width">, most: number): Part[] {
  const all = drops.reduce((sum, items) => sum + items, 0);
  let x = Math.min(kept, width);
  return drops.map((items, index) => {
    const x0 = x;
    x += all > 0 ? ((width - Math.min(kept, width)) * items) / all : 0;
    const thickness = Math.max(THINNEST, THICKEST * (Math.log1p(items) / Math.log1p(most)));
    return { x0, x1: x, y: y + BAR + 10 + index * LINE + LINE / 2, thickness };
  });
}

/** A ribbon down, from one width to another. */
export function ribbonDown(top: number, above: number, bottom: number, below: number): string {
  const middle = (top + bottom) / 2;
  return `M0 ${top}H${above}C${above} ${middle} ${below} ${middle} ${below} ${bottom}H0Z`;
}

/** A ribbon that leaves a bar downwards and turns to the right, to `end`. */
export function ribbonAside({ x0, x1, y, thickness }: Part, from: number, end: number): string {
  const [upper, lower] = [y - thickness / 2, y + thickness / 2];
  const turn = (end - x1) / 2;
  return (
    `M${x0} ${from}C${x0} ${lower} ${x0 + turn} ${lower} ${end} ${lower}` +
    `V${upper}C${x1 + turn} ${upper} ${x1} ${upper} ${x1} ${from}Z`
  );
}
