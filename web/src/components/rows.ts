import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** The part of a long list that is in view, and the heights that stand for the rest. */
export interface Window {
  first: number;
  last: number;
  above: number;
  below: number;
}

/** Tells which of `count` rows of equal height are in view, with some to spare on both sides. */
export function rowsInView(top: number, height: number, row: number, count: number, spare = 12): Window {
  const first = Math.min(count, Math.max(0, Math.floor(top / row) - spare));
  const last = Math.min(count, Math.ceil((top + height) / row) + spare);
  return { first, last, above: first * row, below: Math.max(0, count - last) * row };
}

/** Keeps track of which rows of a scrolling element are in view. */
export function useRowsInView<E extends HTMLElement>(count: number, row: number) {
  const scroller = useRef<E>(null);
  const [seen, setSeen] = useState({ top: 0, height: 800 });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const look = () => setSeen({ top: element.scrollTop, height: element.clientHeight });
    const sizes = new ResizeObserver(look);
    sizes.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      sizes.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);
  return { scroller, window: rowsInView(seen.top, seen.height, row, count) };
}
