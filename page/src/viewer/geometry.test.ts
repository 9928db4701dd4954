import { expect, test } from "vitest";
import { detailFor } from "./detail";
import { areaHolds, circle, holds, sidesOf, smoothed, thinned } from "./geometry";
import type { Point } from "./types";

const SQUARE = [[[[0, 0], [100, 0], [100, 100], [0, 100]]]] as const;

test("an outline holds what is inside it", () => {
  const outline = circle(50, 50, 40);
  expect([holds(outline, 50, 50), holds(outline, 68, 50), holds(outline, 72, 50)]).toEqual([true, true, false]);
});

test("a hole is not of the area", () => {
  const holed = [[...SQUARE[0], [[40, 40], [60, 40], [60, 60], [40, 60]]]];
  expect([areaHolds(holed, 20, 20), areaHolds(holed, 50, 50), areaHolds(holed, 120, 50)]).toEqual([true, false, false]);
});

test("the upper and the left side of a frame exclude, the others include", () => {
  const { excluding, including } = sidesOf(SQUARE);
  const middles = (sides: Point[][]): number[][] => sides.map(([a, b]) => [(a![0] + b![0]) / 2, (a![1] + b![1]) / 2]);
  expect(middles(excluding)).toEqual([[50, 0], [0, 50]]);
  expect(middles(including)).toEqual([[100, 50], [50, 100]]);
});

test("the smaller a cell is on the screen the fewer corners are drawn, down to a dot", () => {
  const details = [2, 8, 30, 100].map(detailFor);
  expect(details).toEqual([...details].sort((a, b) => a - b));
  expect(details[0]).toBe(0);
});

test("a thinned outline has the wanted number of corners, all of them its own", () => {
  const outline = circle(50, 50, 40, 100);
  const thin = thinned(outline, 16);
  expect(thin.length).toBe(32);
  for (let n = 0; n < 32; n += 2) {
    expect(outline.some((x, at) => at % 2 === 0 && x === thin[n] && outline[at + 1] === thin[n + 1])).toBe(true);
  }
  expect(thinned(circle(0, 0, 1, 8), 16).length).toBe(16);
});

test("a stroke keeps its ends and no more points than allowed", () => {
  const stroke = Array.from({ length: 5000 }, (_, n): Point => [n, 0]);
  const kept = smoothed(stroke, 1, 2000);
  expect(kept.length).toBeLessThanOrEqual(2000);
  expect([kept[0], kept.at(-1)]).toEqual([[0, 0], [4999, 0]]);
});
