// What went in and what came out, side by side, and what the code noted.
import { Empty } from "../../parts/Empty";
import { CapturedValue } from "../../value/CapturedValue";
import type { Shape } from "../../value/shape";
import { type CapturedStep, type Part, partsOf } from "./captured";
import styles from "./Step.module.css";
import type { StepSearch } from "./search";

type Properties = { step: CapturedStep; search: StepSearch; onChange: (change: StepSearch) => void };

export function ValuesView({ step, search, onChange }: Properties) {
  const { input, output, noted } = partsOf(step);
  const { as } = search;
  const reshape = (part: string, shape: Shape | undefined) => {
    const { [part]: _, ...others } = as ?? {};
    const all = shape ? { ...others, [part]: shape } : others;
    onChange({ as: Object.keys(all).length > 0 ? all : undefined });
  };
  const side = { as, onShape: reshape };
  const { level, outcome } = step.detail;
  if (input.length + output.length + noted.length === 0 && outcome !== "open") {
    return (
      <Empty inline title="No value was captured">
        <p>
          {level === "full"
            ? "The function takes nothing and returns nothing, or its attribute skips it."
            : `Its level was ${level}: values are captured at full.`}
        </p>
      </Empty>
    );
  }
  return (
    <div className={styles.sides}>
      <Side title="Input" parts={input} none="No argument was captured." {...side} />
      <Side
        title="Output"
        parts={output}
        none={outcome === "open" ? "It has not returned yet." : "No result was captured."}
        {...side}
      />
      {noted.length > 0 && <Side title="Noted" parts={noted} none="" {...side} />}
    </div>
  );
}

type SideProperties = {
  title: string;
  parts: Part[];
  none: string;
  as: StepSearch["as"];
  onShape: (part: string, shape: Shape | undefined) => void;
};

function Side({ title, parts, none, as, onShape }: SideProperties) {
  return (
    <section className={styles.side} aria-label={title}>
      <h2>{title}</h2>
      {parts.length === 0 && <p className={styles.faint}>{none}</p>}
      {parts.map((one) => (
        <CapturedValue
          key={one.part}
          title={one.title}
          captured={one.captured}
          raw={one.raw}
          root={one.root}
          shape={as?.[one.part]}
          onShape={(shape) => onShape(one.part, shape)}
        />
      ))}
    </section>
  );
}
