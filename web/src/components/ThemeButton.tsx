import { setTheme, type Theme, theme } from "../state/theme.ts";

const next: Record<Theme, Theme> = { auto: "light", light: "dark", dark: "auto" };
const names: Record<Theme, string> = { auto: "as the system has it", light: "light", dark: "dark" };

/** Steps through light, dark and what the system has. */
export function ThemeButton() {
  const now = theme.value;
  return (
    <button
      type="button"
      class="quiet"
      onClick={() => setTheme(next[now])}
      aria-label={`Colours: ${names[now]}`}
      title={`Colours: ${names[now]}`}
    >
      <svg viewBox="0 0 16 16" aria-hidden="true">
        {now === "auto" && <path d="M8 2a6 6 0 1 0 0 12zM8 2a6 6 0 0 1 0 12" class="half" />}
        {now === "light" && (
          <path d="M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.2 1.2M11.8 11.8 13 13M13 3l-1.2 1.2M4.2 11.8 3 13" />
        )}
        {now === "dark" && <path d="M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8z" />}
      </svg>
    </button>
  );
}
