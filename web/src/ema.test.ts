import { expect, test } from "vitest";
import { smooth } from "./ema.ts";

test("a constant stays that constant to the last bit", () => {
  const constant = Array.from({ length: 1000 }, () => 200.1);
  expect(smooth(constant, 0.99)).toEqual(constant);
});

test("a prefix smooths to the prefix of the whole", () => {
  const values = Array.from({ length: 100 }, (_, index) => Math.sin(index));
  expect(smooth(values.slice(0, 40), 0.9)).toEqual(smooth(values, 0.9).slice(0, 40));
});

test("the average equals the weighted mean of what came before", () => {
  const [, second] = smooth([1, 3], 0.5);
  expect(second).toBeCloseTo((0.5 * 1 + 1 * 3) / 1.5, 12);
});

test("gaps stay gaps and do not move the average", () => {
  const smoothed = smooth([1, null, 3], 0.5);
  expect(smoothed[1]).toBeNull();
  expect(smoothed[2]).toEqual(smooth([1, 3], 0.5)[1]);
});

test("no weight leaves the values as they are", () => {
  expect(smooth([3, null, 1], 0)).toEqual([3, null, 1]);
});
