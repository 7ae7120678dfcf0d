import { expect, test } from "vitest";
import type { Curve } from "../wire.ts";
import { plot, valueAt } from "./series.ts";

function curve(points: Curve["points"], more: Partial<Curve> = {}): Curve {
  return { run_id: "r", metric: "m", total: points.length, exact: true, points, non_finite: [], ...more };
}

const plain = { smoothing: 0, logScale: false };

test("one curve is drawn as it came", () => {
  const made = plot(
    [
      curve([
        [0, 1],
        [1, null],
        [2, 3],
      ]),
    ],
    plain,
  );
  expect(made.data).toEqual([
    [0, 1, 2],
    [1, null, 3],
  ]);
  expect(made.series).toEqual([{ curve: 0, raw: false }]);
});

test("curves with different steps share one x; a missing point is not a gap", () => {
  const made = plot(
    [
      curve([
        [0, 1],
        [2, 3],
      ]),
      curve([
        [1, 5],
        [2, null],
      ]),
    ],
    plain,
  );
  expect(made.data).toEqual([
    [0, 1, 2],
    [1, undefined, 3],
    [undefined, 5, null],
  ]);
});

test("smoothing keeps the raw line behind the smoothed one", () => {
  const made = plot(
    [
      curve([
        [0, 1],
        [1, 3],
      ]),
    ],
    { smoothing: 0.5, logScale: false },
  );
  expect(made.series).toEqual([
    { curve: 0, raw: true },
    { curve: 0, raw: false },
  ]);
  expect(made.data[1]).toEqual([1, 3]);
  expect(made.data[2]?.[1]).toBeCloseTo(7 / 3, 12);
});

test("a curve with dropped points is not smoothed, and says so", () => {
  const made = plot(
    [
      curve(
        [
          [0, 1],
          [1, 3],
        ],
        { exact: false, total: 9 },
      ),
    ],
    { smoothing: 0.5, logScale: false },
  );
  expect(made.smoothingRefused).toBe(true);
  expect(made.data).toHaveLength(2);
});

test("a logarithmic scale counts what it cannot show", () => {
  const made = plot(
    [
      curve([
        [0, 1],
        [1, 0],
        [2, -1],
      ]),
    ],
    { smoothing: 0, logScale: true },
  );
  expect(made.notPositive).toBe(2);
  expect(made.data[1]).toEqual([1, null, null]);
});

test("points that are not finite are counted over all curves", () => {
  expect(
    plot(
      [
        curve([], {
          non_finite: [
            [3, "NaN"],
            [4, "Infinity"],
          ],
        }),
      ],
      plain,
    ).notFinite,
  ).toBe(2);
});

test("between two points of its own a line reads as the one before, outside them as nothing", () => {
  const line = [undefined, 1, undefined, null, 4, undefined];
  expect(line.map((_, index) => valueAt(line, index))).toEqual([undefined, 1, 1, null, 4, undefined]);
});
