import { type RefObject, useLayoutEffect, useRef, useState } from "react";

/** The size in pixels that an element has, as it changes; 0 until it is laid out. */
export function useSize<It extends Element>(): { ref: RefObject<It | null>; width: number; height: number } {
  const ref = useRef<It>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ref, ...size };
}
