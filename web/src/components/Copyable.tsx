import { useRef, useState } from "preact/hooks";

/** Text to take along, such as a command or an id, with a button that copies it. */
export function Copyable({ text, shown = text }: { text: string; shown?: string }) {
  const [copied, setCopied] = useState(false);
  const code = useRef<HTMLElement>(null);
  const copy = async () => {
    // A page that came over plain HTTP from another machine may not write to the clipboard: the reader can.
    if (!navigator.clipboard) return code.current && getSelection()?.selectAllChildren(code.current);
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1200);
  };
  return (
    <span class="copyable">
      <code ref={code} title={shown === text ? undefined : text}>
        {shown}
      </code>
      <button type="button" class="quiet" onClick={copy} aria-label={`Copy ${shown}`}>
        <svg viewBox="0 0 16 16" aria-hidden="true">
          {copied ? <path d="m3 8.5 3.2 3L13 4.5" /> : <path d="M5.5 5.5h7v8h-7zM10.5 5.5v-3h-7v8h2" />}
        </svg>
      </button>
    </span>
  );
}
