import { type KeyboardEvent, type PointerEvent, type ReactNode, useState } from "react";
import { useSize } from "../charts/useSize";
import styles from "./Split.module.css";

type Properties = {
  children: ReactNode;
  /** What is beside, if anything is. */
  aside: ReactNode | undefined;
  /** What it is, for those who cannot see it. */
  label: string;
  /** Under this name the browser remembers how wide it is. */
  name: string;
};

const LEAST = 280;
const STEP = 32;
/** Below this there is no room beside: it comes below. */
const NARROW = 900;

/** Something with a panel beside it, whose width can be dragged, or set with the arrow keys. */
export function Split({ children, aside, label, name }: Properties) {
  const { ref, width } = useSize<HTMLDivElement>();
  const [chosen, setChosen] = useState(() => Number(localStorage.getItem(name)) || 0);
  const isNarrow = width > 0 && width < NARROW;
  const most = Math.max(LEAST, width - 360);
  const beside = Math.max(LEAST, Math.min(most, chosen || width * 0.4));

  function choose(next: number) {
    const within = Math.round(Math.max(LEAST, Math.min(most, next)));
    setChosen(within);
    localStorage.setItem(name, String(within));
  }
  function drag(event: PointerEvent<HTMLDivElement>) {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const right = ref.current?.getBoundingClientRect().right ?? 0;
    choose(right - event.clientX);
  }
  function press(event: KeyboardEvent) {
    const by = { ArrowLeft: STEP, ArrowRight: -STEP }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    choose(beside + by);
  }

  return (
    <div ref={ref} className={styles.split} data-narrow={isNarrow || undefined}>
      <div className={styles.main}>{children}</div>
      {aside !== undefined && !isNarrow && (
        <div
          role="separator"
          aria-label={`Width of ${label}`}
          aria-orientation="vertical"
          aria-valuemin={LEAST}
          aria-valuemax={Math.round(most)}
          aria-valuenow={Math.round(beside)}
          tabIndex={0}
          className={styles.handle}
          onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
          onPointerMove={drag}
          onKeyDown={press}
        />
      )}
      {aside !== undefined && (
        <section aria-label={label} className={styles.aside} style={isNarrow ? undefined : { width: beside }}>
          {aside}
        </section>
      )}
    </div>
  );
}
