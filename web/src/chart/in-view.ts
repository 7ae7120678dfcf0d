import { useEffect, useRef, useState } from "preact/hooks";

/** Tells whether an element is on the screen or within a scroll of it. */
export function useInView<E extends HTMLElement>() {
  const element = useRef<E>(null);
  const [inView, setInView] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => setInView(entry?.isIntersecting ?? false), {
      rootMargin: "200px",
    });
    if (element.current) observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return { element, inView };
}
