import { useLayoutEffect, useRef, useState } from "preact/hooks";

interface Props {
  label: string;
  placeholder: string;
  value: string;
  error: string | undefined;
  onApply: (text: string) => void;
}

/** A line for an expression, applied by Enter, with what the server thinks of it right under it. "/" leads here. */
export function FilterBox({ label, placeholder, value, error, onApply }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(value);
  useLayoutEffect(() => setText(value), [value]);
  useLayoutEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== "/" || (event.target as Element).closest("input, textarea")) return;
      event.preventDefault();
      input.current?.focus();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);
  return (
    <form
      class="filter"
      onSubmit={(event) => {
        event.preventDefault();
        onApply(text.trim());
      }}
    >
      <input
        ref={input}
        type="search"
        class={placeholder.includes("=") || placeholder.includes("<") ? "code" : undefined}
        aria-label={label}
        placeholder={placeholder}
        spellcheck={false}
        autocomplete="off"
        value={text}
        aria-invalid={error !== undefined}
        aria-describedby="filter-error"
        onInput={(event) => {
          setText(event.currentTarget.value);
          if (event.currentTarget.value === "") onApply("");
        }}
      />
      <p id="filter-error" class="field-error" aria-live="polite">
        {error}
      </p>
    </form>
  );
}
