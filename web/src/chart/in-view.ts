import { useLayoutEffect, useRef, useState } from "preact/hooks";

type Tell = (inView: boolean) => void;

// One observer for all charts: a page may have thousands of places for them.
const watched = new Map<Element, Tell>();
const observer = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) watched.get(entry.target)?.(entry.isIntersecting);
  },
  { rootMargin: "200px" },
);

/** Tells whether an element is on the screen or within a scroll of it. */
export function useInView<E extends HTMLElement>() {
  const element = useRef<E>(null);
  const [inView, setInView] = useState(false);
  useLayoutEffect(() => {
    const seen = element.current;
    if (!seen) return;
    watched.set(seen, setInView);
    observer.observe(seen);
    return () => {
      watched.delete(seen);
      observer.unobserve(seen);
    };
  }, []);
  return { element, inView };
}
