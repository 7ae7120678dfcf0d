import { expect, test } from "vitest";
import { formatPosition, formatTick, increments } from "./ticks.ts";

test("ticks carry the decimals that their distance needs", () => {
  expect(formatTick(0.35, 0.05)).toBe("0.35");
  expect(formatTick(0.5, 0.1)).toBe("0.5");
  expect(formatTick(2, 1)).toBe("2");
  expect(formatTick(7.5, 2.5)).toBe("7.5");
  expect(formatTick(0.025, 0.005)).toBe("0.025");
  expect(formatTick(41_200, 200)).toBe("41.2K");
  expect(formatTick(0.0002, 0.0001)).toBe("2.0e-4");
});

test("relative time has one unit for everything in view", () => {
  expect(formatPosition("relative", 90, 170)).toBe("90 s");
  expect(formatPosition("relative", 90, 600)).toBe("1.5 m");
  expect(formatPosition("relative", 7200, 20_000)).toBe("2 h");
});

test("distances between ticks grow", () => {
  for (const list of Object.values(increments)) expect([...list].sort((a, b) => a - b)).toEqual(list);
});
