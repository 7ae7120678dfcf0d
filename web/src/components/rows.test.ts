import { expect, test } from "vitest";
import { rowsInView } from "./rows.ts";

test("what is drawn and what stands for the rest add up to the whole list", () => {
  for (const top of [0, 35, 1000, 35_000, 99_999]) {
    const { first, last, above, below } = rowsInView(top, 400, 36, 1000);
    expect(above + (last - first) * 36 + below).toBe(36_000);
  }
});

test("every row in view is drawn, and few others", () => {
  const { first, last } = rowsInView(3600, 360, 36, 100_000, 5);
  expect([first, last]).toEqual([95, 115]);
});

test("a short list is drawn whole", () => {
  expect(rowsInView(0, 400, 36, 3)).toEqual({ first: 0, last: 3, above: 0, below: 0 });
});
