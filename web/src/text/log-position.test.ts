import { expect, test } from "vitest";
import { LogPosition } from "./log-position.ts";

const dropped = (bytes: number) => `\n[orrery: ${bytes} bytes of this log were dropped]\n`;
const rest = "\n[orrery: the rest of this log was dropped: where it lies a file gives no space back]\n";

function offsetAfter(text: string, atOnce: number): number {
  const position = new LogPosition(0);
  const bytes = new TextEncoder().encode(text);
  for (let i = 0; i < bytes.length; i += atOnce) position.take(bytes.slice(i, i + atOnce));
  return position.offset;
}

test.each([1, 2, 3, 7, 1000])("counts what was read and what was dropped, %i bytes at once", (atOnce) => {
  const text = `head${dropped(1_000_000)}\n\n[orrery: tail${dropped(7)}end\n`;
  expect(offsetAfter(text, atOnce)).toBe(4 + 1_000_000 + 15 + 7 + 4);
  expect(offsetAfter(`head${rest}`, atOnce)).toBe(Number.MAX_SAFE_INTEGER);
});

test.each([
  "",
  "\n",
  "début\nb",
  "\n[orrery: ",
  "\n[orrery: 12 bytes of this log were lost]\n",
  "\n[orrery: x\n",
])("text is text: %j", (text) => {
  for (const atOnce of [1, 5, 1000])
    expect(offsetAfter(text, atOnce)).toBe(new TextEncoder().encode(text).length);
});
