import { expect, test } from "vitest";
import type { Metric } from "../wire.ts";
import { isOfTheSystem, sections, systemLabel } from "./sections.ts";

function metric(key: string, count = 10): Metric {
  return { key, value: 1, step: 1, at: "2013-01-01T00:00:00.000000Z", min: 0, max: 1, first: 0, count };
}

const all = ["system/cpu", "val/auc", "loss", "val/accuracy", "gradient"].map((key) => metric(key));

test("plain names come first, the system's own last", () => {
  expect(sections(all, "")).toEqual([
    { title: "", metrics: ["gradient", "loss"] },
    { title: "val", metrics: ["val/accuracy", "val/auc"] },
    { title: "system", metrics: ["system/cpu"] },
  ]);
});

test("search keeps what holds the text", () => {
  expect(sections(all, "AUC")).toEqual([{ title: "val", metrics: ["val/auc"] }]);
});

test("a single value is no curve", () => {
  expect(sections([metric("rows", 1)], "")).toEqual([]);
});

test("what the system measured is told by its prefix alone, and named with its unit", () => {
  expect(isOfTheSystem("system/cpu_utilization_percentage")).toBe(true);
  expect(isOfTheSystem("systematic_error")).toBe(false);
  expect(systemLabel("system/gpu_0_power_usage_watts")).toBe("gpu 0 power usage, W");
  expect(systemLabel("system/disk_read_megabytes")).toBe("disk read, MB");
  expect(systemLabel("system/else")).toBe("else");
});
