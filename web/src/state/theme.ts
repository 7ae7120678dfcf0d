import { signal } from "@preact/signals";

export type Theme = "auto" | "light" | "dark";

const kept = localStorage.getItem("theme");

/** Light, dark, or as the system has it. */
export const theme = signal<Theme>(kept === "light" || kept === "dark" ? kept : "auto");

/** Counts changes of the colours: what is drawn on a canvas has to be drawn again after each. */
export const themeTurn = signal(0);

export function setTheme(next: Theme) {
  theme.value = next;
  localStorage.setItem("theme", next);
  applyTheme();
}

export function applyTheme() {
  document.documentElement.dataset.theme = theme.value;
  themeTurn.value++;
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", applyTheme);
