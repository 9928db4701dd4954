import { expect, test } from "vitest";
import { CellSet } from "./cellSet";
import { cellOf } from "./testCells";

test("a point inside an outline hits its cell", () => {
  const cells = new CellSet(50, [cellOf("1", 100, 100), cellOf("2", 300, 300)]);
  expect(cells.at(105, 95)?.id).toBe("1");
});

test("a platelet on a red cell is hit, not the red cell", () => {
  const cells = new CellSet(50, [cellOf("big", 100, 100, { diameter: 80 }), cellOf("small", 110, 100, { diameter: 10 })]);
  expect(cells.at(111, 101)?.id).toBe("small");
  expect(cells.at(80, 100)?.id).toBe("big");
});

test("a point beside all cells hits the nearest one within the tolerance, or none", () => {
  const cells = new CellSet(50, [cellOf("1", 100, 100, { diameter: 10 })]);
  expect(cells.at(112, 100)).toBeNull();
  expect(cells.at(112, 100, 15)?.id).toBe("1");
});

test("a cell is found from a square of the grid that it only reaches into", () => {
  const cells = new CellSet(50, [cellOf("1", 99, 99, { diameter: 90 })]);
  expect(cells.at(140, 99)?.id).toBe("1");
});

test("hits are those of a search through all cells", () => {
  const all = Array.from({ length: 200 }, (_, n) => cellOf(String(n), (n * 7919) % 1000, (n * 104729) % 1000));
  const cells = new CellSet(60, all);
  let nHits = 0;
  for (let n = 0; n < 300; n += 1) {
    const [x, y] = [(n * 613) % 1000, (n * 389) % 1000];
    const holding = all.filter((cell) => Math.hypot(cell.x - x, cell.y - y) < (cell.diameter_px / 2) * 0.97);
    if (holding.length) nHits += 1;
    expect(holding.length === 0 || holding.some((cell) => cell.area_px >= cells.at(x, y)!.area_px)).toBe(true);
  }
  expect(nHits).toBeGreaterThan(50);
});

test("a moved cell is found where it is now, and its old square is drawn again", () => {
  const cells = new CellSet(50, [cellOf("1", 100, 100)]);
  const [old] = [...cells.bucketsIn({ x0: 90, y0: 90, x1: 110, y1: 110 })];
  const before = old!.version;
  cells.change([{ id: "1", after: cellOf("1", 400, 400) }]);
  expect(cells.at(100, 100)).toBeNull();
  expect(cells.at(400, 400)?.id).toBe("1");
  expect(old!.version).toBeGreaterThan(before);
});

test("a loop selects the cells whose centres it holds", () => {
  const cells = new CellSet(50, [cellOf("in", 100, 100), cellOf("out", 160, 100)]);
  expect(cells.inside([50, 50, 150, 50, 150, 150, 50, 150]).map((cell) => cell.id)).toEqual(["in"]);
});
