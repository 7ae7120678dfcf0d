import { query, setQuery } from "../state/location.ts";

interface Props<T extends string> {
  label: string;
  tabs: readonly (readonly [name: T, label: string])[];
  current: T;
}

/** The parts of a page, one at a time; which one stands in the address. */
export function Tabs<T extends string>({ label, tabs, current }: Props<T>) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map(([name, text], index) => (
        <button
          key={name}
          type="button"
          aria-current={name === current ? "page" : undefined}
          onClick={() => setQuery({ tab: index === 0 ? undefined : name })}
        >
          {text}
        </button>
      ))}
    </nav>
  );
}

/** Which of the tabs the address asks for; the first where it asks for none. */
export function currentTab<T extends string>(tabs: readonly (readonly [name: T, label: string])[]): T {
  const asked = query.value.get("tab");
  return (tabs.find(([name]) => name === asked) ?? (tabs[0] as readonly [T, string]))[0];
}
