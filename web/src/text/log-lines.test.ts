import { expect, test } from "vitest";
import { findLines, LogLines } from "./log-lines.ts";

const text = "début\nepoch 1\n\n\u001b[1;32mdone\u001b[0m\r\n 10%\r 90%\r100%\nopen";
const lines = ["début", "epoch 1", "", "done", "100%", "open"];

test("the lines are the same wherever the bytes are cut", () => {
  const bytes = new TextEncoder().encode(text);
  for (let cut = 0; cut <= bytes.length; cut++) {
    const log = new LogLines();
    log.push(bytes.slice(0, cut));
    log.push(bytes.slice(cut));
    expect(log.lines).toEqual(lines);
  }
});

test("byte by byte gives the same", () => {
  const log = new LogLines();
  for (const byte of new TextEncoder().encode(text)) log.push(Uint8Array.of(byte));
  expect(log.lines).toEqual(lines);
});

test("search finds lines whatever their letter case", () => {
  expect(findLines(lines, "E")).toEqual([1, 3, 5]);
  expect(findLines(lines, "")).toEqual([]);
});
