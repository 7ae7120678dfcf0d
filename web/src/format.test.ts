import { expect, test } from "vitest";
import {
  formatAgo,
  formatBytes,
  formatCommand,
  formatCount,
  formatDuration,
  formatNumber,
  runTitle,
  shortId,
} from "./format.ts";

test("numbers keep four or five significant digits and group thousands", () => {
  expect(formatNumber(0.7312345)).toBe("0.73123");
  expect(formatNumber(0.0123456)).toBe("0.01235");
  expect(formatNumber(0.0075)).toBe("0.007500");
  expect(formatNumber(0.0009375)).toBe("9.375e\u22124");
  expect(formatNumber(1234.5678)).toBe("1,234.6");
  expect(formatNumber(336776)).toBe("336,776");
  expect(formatNumber(0)).toBe("0");
  expect(formatNumber(-2.5)).toBe("\u22122.5000");
  expect(formatNumber(0.00001234)).toBe("1.234e\u22125");
  expect(formatNumber(6.02e23)).toBe("6.020e23");
});

test("what is not a finite number is named", () => {
  expect(formatNumber(Number.NaN)).toBe("NaN");
  expect(formatNumber("-Infinity")).toBe("\u2212\u221e");
  expect(formatNumber(Number.POSITIVE_INFINITY)).toBe("\u221e");
  expect(formatNumber(null)).toBe("\u2013");
});

test("durations show two units", () => {
  expect(formatDuration(340)).toBe("340 ms");
  expect(formatDuration(4230)).toBe("4.2 s");
  expect(formatDuration(59_999)).toBe("59 s");
  expect(formatDuration(187_000)).toBe("3 m 07 s");
  expect(formatDuration(7_500_000)).toBe("2 h 05 m");
  expect(formatDuration(-5)).toBe("0 ms");
});

test("a time ago is never negative", () => {
  const now = Date.UTC(2013, 0, 31);
  expect(formatAgo(now + 60_000, now)).toBe("now");
  expect(formatAgo(now - 61_000, now)).toBe("1 m ago");
  expect(formatAgo(now - 2 * 86_400_000, now)).toBe("2 d ago");
});

test("sizes, counts, ids and commands", () => {
  expect(formatBytes(512 * 1024 * 1024)).toBe("512 MiB");
  expect(runTitle({ name: "", id: "0123456789ab" })).toBe("01234567");
  expect(formatBytes(1536)).toBe("1.5 KiB");
  expect(formatCount(1, "run")).toBe("1 run");
  expect(formatCount(1200, "run")).toBe("1,200 runs");
  expect(shortId("blake3:0123456789")).toBe("01234567");
  expect(formatCommand(["python", "train.py", "--note", "it's"])).toBe("python train.py --note 'it'\\''s'");
});
