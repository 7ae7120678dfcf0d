import { effect, signal } from "@preact/signals";
import { pageVisible } from "./visible.ts";

/** The time now in milliseconds, once a second while the page is seen: relative times and durations hang on it. */
export const now = signal(Date.now());

effect(() => {
  if (!pageVisible.value) return;
  now.value = Date.now();
  const timer = setInterval(() => {
    now.value = Date.now();
  }, 1000);
  return () => clearInterval(timer);
});
