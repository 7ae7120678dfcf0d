import { computed, signal } from "@preact/signals";
import { readMlflowLink } from "../routes.ts";

// The address bar is where view state lives: what a page shows can be reloaded and shared.

const current = signal(new URL(window.location.href));

export const path = computed(() => current.value.pathname);
export const query = computed(() => current.value.searchParams);

function show(url: URL, replace: boolean) {
  if (url.href === current.peek().href) return;
  history[replace ? "replaceState" : "pushState"](null, "", url);
  current.value = url;
}

/** Goes to another page of ours, at its top. */
export function navigate(href: string) {
  show(new URL(href, window.location.href), false);
  window.scrollTo(0, 0);
}

/**
 * Changes parts of the query and keeps the rest: undefined, "" and [] remove a name. Replaces the entry in the history
 * unless `push` is set, so that Back leaves a page and does not step through every change of its view.
 */
export function setQuery(changes: Record<string, string | readonly string[] | undefined>, push = false) {
  const url = new URL(current.peek());
  for (const [name, value] of Object.entries(changes)) {
    url.searchParams.delete(name);
    for (const one of typeof value === "object" ? value : value ? [value] : [])
      url.searchParams.append(name, one);
  }
  show(url, !push);
}

function onClick(event: MouseEvent) {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element).closest("a");
  if (!link || link.target || link.hasAttribute("download") || link.origin !== window.location.origin) return;
  if (link.pathname.startsWith("/api/")) return;
  event.preventDefault();
  navigate(link.href);
}

/** Shows what the address bar says; one that the MLflow client printed becomes ours, and leaves no entry to go back to. */
function readAddress() {
  const ours = readMlflowLink(window.location.hash);
  if (ours) history.replaceState(null, "", ours);
  current.value = new URL(window.location.href);
}

/** Turns clicks on our own links into moves within the page, and follows Back and Forward. Called once. */
export function followLinks() {
  document.addEventListener("click", onClick);
  window.addEventListener("popstate", readAddress);
  readAddress();
}
