import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

/** A button that opens a small panel under itself; Escape, or going elsewhere, closes it. */
export function Popover({ label, children }: { label: ComponentChildren; children: ComponentChildren }) {
  const [open, setOpen] = useState(false);
  const host = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return;
    host.current?.querySelector<HTMLElement>(".popover input")?.focus();
    const leave = (event: Event) => {
      if (!host.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", leave);
    document.addEventListener("focusin", leave);
    return () => {
      document.removeEventListener("pointerdown", leave);
      document.removeEventListener("focusin", leave);
    };
  }, [open]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !open) return;
    setOpen(false);
    button.current?.focus();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only listens for Escape on its way up
    <div class="popover-host" ref={host} onKeyDown={onKeyDown}>
      <button type="button" ref={button} aria-expanded={open} onClick={() => setOpen(!open)}>
        {label}
      </button>
      {open && <div class="popover">{children}</div>}
    </div>
  );
}
