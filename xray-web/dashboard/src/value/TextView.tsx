// A long text as it is: in lines, wrapped or not, with what is looked for.
import { useVirtualizer } from "@tanstack/react-virtual";
import { useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { Button } from "../parts/Button";
import { CopyButton } from "../parts/CopyButton";
import { marked } from "../text/marked";
import { FoundSteps } from "./FoundSteps";
import json from "./Json.module.css";
import { lineAt, linesOf, placesOf } from "./lines";
import styles from "./TextView.module.css";

export function TextView({ label, text }: { label: string; text: string }) {
  const [wraps, setWraps] = useState(true);
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const scroller = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => linesOf(text), [text]);
  const looked = useDeferredValue(words);
  const places = useMemo(() => placesOf(text, looked), [text, looked]);
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 21,
    overscan: 10,
  });
  const place = places[Math.min(at, places.length - 1)];
  useEffect(() => {
    if (place !== undefined) virtualizer.scrollToIndex(lineAt(lines, place), { align: "center" });
  }, [place, lines, virtualizer]);
  const move = (by: number) => setAt((at + by + places.length) % Math.max(places.length, 1));

  return (
    <div>
      <div className={json.toolbar}>
        <input
          type="search"
          className={json.find}
          aria-label={`Find in ${label}`}
          placeholder="Find"
          value={words}
          onChange={(event) => {
            setWords(event.target.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            move(event.shiftKey ? -1 : 1);
          }}
        />
        {words !== "" && <FoundSteps places={places.length} at={at} onMove={move} />}
        <span className={json.group}>
          <Button quiet aria-pressed={wraps} onClick={() => setWraps(!wraps)}>
            Wrap
          </Button>
        </span>
        <CopyButton label="Copy text" text={text} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
      <section ref={scroller} className={styles.text} aria-label={label} data-wraps={wraps} tabIndex={0}>
        <div className={styles.lines} style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map((item) => (
            <div
              key={item.key}
              ref={virtualizer.measureElement}
              data-index={item.index}
              className={styles.line}
              style={{ translate: `0 ${item.start}px` }}
            >
              {marked(lines[item.index]?.text ?? "", words) || "\u200b"}
            </div>
          ))}
        </div>
      </section>
    </div>
  );
}
