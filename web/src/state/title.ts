import { useLayoutEffect } from "preact/hooks";

/** Names the page in the browser's tab and history; without a text it is the product's alone. */
export function useTitle(text: string | undefined) {
  useLayoutEffect(() => {
    document.title = text ? `${text} · Orrery` : "Orrery";
  }, [text]);
}
