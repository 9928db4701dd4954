import { expect, test } from "vitest";
import { ALL_CELLS, isNarrow, passes } from "./filter";
import { arrowTarget, gridWindow } from "./gridWindow";
import { histogram, roundLength, tally, tallyWithUnlocated, usualDiameters } from "./numbers";
import { cellOf } from "./testCells";
import type { Count } from "./types";

test("a tally counts each type, in the frame and checked; a checked cell is doubtful no more", () => {
  const cells = [
    cellOf("1", 0, 0, { unsure: true }),
    cellOf("2", 0, 0, { unsure: true, checked: true }),
    cellOf("3", 0, 0, { in_frame: false }),
    cellOf("4", 0, 0, { type: "plt" }),
  ];
  const { rbc, wbc, plt } = tally(cells);
  expect(rbc).toEqual({ total: 3, inFrame: 2, checked: 1, unsure: 1 });
  expect([wbc.total, plt.total]).toEqual([0, 1]);
});

test("a type that was counted without being located keeps its count", () => {
  const numbers = { rbc: { total: 80, in_frame: null, unsure: null }, wbc: { total: 9, in_frame: 9, unsure: null } };
  const { rbc, wbc } = tallyWithUnlocated([cellOf("1", 0, 0, { type: "wbc" })], { numbers } as unknown as Count);
  expect(rbc).toEqual({ total: 80, inFrame: null, checked: 0, unsure: 0 });
  expect(wbc.total).toBe(1);
});

test("the usual diameter is the median of a type, or a share of a red cell's", () => {
  const usual = usualDiameters(
    [10, 50, 12].map((diameter, n) => cellOf(String(n), 0, 0, { diameter })),
    40,
  );
  expect([usual.rbc, usual.plt]).toEqual([12, 14]);
});

test("a histogram counts each value of its range once", () => {
  expect(histogram([0, 1, 9.9, 10, 11], 0, 10, 5).counts).toEqual([2, 0, 0, 0, 2]);
});

test.each([
  [7, 5],
  [10, 10],
  [0.3, 0.2],
  [1999, 1000],
])("a scale bar of at most %d is %d long", (limit, length) => {
  expect(roundLength(limit)).toBeCloseTo(length);
});

test("a filter holds back what it is set to hold back", () => {
  const cell = cellOf("1", 0, 0, { score: 0.5, in_frame: false, diameter: 40 });
  expect(passes(ALL_CELLS, cell)).toBe(true);
  for (const part of [
    { types: new Set(["wbc"] as const) },
    { score: [0.6, 1] as const },
    { diameter: [0, 30] as const },
    { inFrameOnly: true },
  ]) {
    expect(passes({ ...ALL_CELLS, ...part }, cell)).toBe(false);
    expect(isNarrow({ ...ALL_CELLS, ...part })).toBe(true);
  }
  expect(isNarrow(ALL_CELLS)).toBe(false);
});

test("only the thumbnails near the screen are drawn", () => {
  const { nColumns, height, from, to } = gridWindow(40_000, 100, { width: 850, height: 600, top: 100_000 });
  expect([nColumns, height]).toEqual([8, 500_000]);
  expect(from).toBeLessThanOrEqual(8000);
  expect(to).toBeGreaterThanOrEqual(8000 + 48);
  expect(to - from).toBeLessThan(150);
});

test("arrow keys move in the grid and stop at its ends", () => {
  expect(["ArrowRight", "ArrowDown", "ArrowUp", "Home", "x"].map((key) => arrowTarget(key, 2, 10, 4))).toEqual([
    3,
    6,
    2,
    0,
    null,
  ]);
});
