import { expect, test } from "vitest";
import { needsText } from "./needs.ts";

const gib = 2 ** 30;

test("says what is asked for, GPUs by their type where one is named", () => {
  expect(needsText({ cpus: 1, memory_bytes: gib, gpus: 0 })).toBe("1 CPU, 1 GiB");
  expect(needsText({ cpus: 0.5, memory_bytes: gib, gpus: 1 })).toBe("0.5 CPUs, 1 GiB, 1 GPU");
  expect(needsText({ cpus: 4, memory_bytes: 8 * gib, gpus: 2, gpu_type: "H100" })).toBe(
    "4 CPUs, 8 GiB, 2 H100",
  );
  expect(needsText({ cpus: 4, memory_bytes: gib, gpus: 0 }, 2)).toBe("2 × (4 CPUs, 1 GiB)");
});
