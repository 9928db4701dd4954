import { expect, test } from "vitest";
import { CellSet } from "./cellSet";
import { compareCells } from "./comparison";
import { cellOf } from "./testCells";

const set = (...cells: ReturnType<typeof cellOf>[]): CellSet => new CellSet(100, cells);

test("cells at the same place and of the same type agree", () => {
  const { disputed, missing } = compareCells(set(cellOf("1", 50, 50)), set(cellOf("9", 53, 48, { diameter: 44 })));
  expect([disputed.size, missing.length]).toEqual([0, 0]);
});

test("another type at the same place is disputed", () => {
  const { disputed, missing } = compareCells(set(cellOf("1", 50, 50)), set(cellOf("9", 50, 50, { type: "wbc" })));
  expect([[...disputed], missing.length]).toEqual([["1"], 0]);
});

test("one cell against two is one disagreement", () => {
  const { disputed, missing } = compareCells(
    set(cellOf("1", 50, 50, { diameter: 60 })),
    set(cellOf("8", 40, 50, { diameter: 40 }), cellOf("9", 70, 50, { diameter: 40 })),
  );
  expect([disputed.size, missing.map((cell) => cell.id)]).toEqual([0, ["9"]]);
});

test("a cell that only one count has is disputed or missing", () => {
  const { disputed, missing } = compareCells(set(cellOf("1", 50, 50)), set(cellOf("9", 150, 150)));
  expect([[...disputed], missing.map((cell) => cell.id)]).toEqual([["1"], ["9"]]);
});
