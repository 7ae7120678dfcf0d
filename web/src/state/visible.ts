import { signal } from "@preact/signals";

/** Whether anyone can see the page: nothing is polled or streamed for a hidden one. */
export const pageVisible = signal(document.visibilityState === "visible");

document.addEventListener("visibilitychange", () => {
  pageVisible.value = document.visibilityState === "visible";
});
