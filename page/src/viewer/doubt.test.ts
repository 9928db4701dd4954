import { expect, test } from "vitest";
import { doubtFrom, doubtOrder } from "./doubt";
import { cellOf } from "./testCells";

const none = new Set<string>();
const ids = (order: ReturnType<typeof doubtOrder>): string[] => order.map((each) => each.cell.id);

test("the lowest score comes first, and checked cells do not come", () => {
  const cells = [cellOf("a", 0, 0, { score: 0.9 }), cellOf("b", 0, 0, { score: 0.2 }), cellOf("c", 0, 0, { checked: true })];
  expect(ids(doubtOrder(cells, none, []))).toEqual(["b", "a"]);
});

test("where counts disagree comes before all scores", () => {
  const cells = [cellOf("sure", 0, 0, { score: 0.99 }), cellOf("low", 0, 0, { score: 0.1 })];
  const order = doubtOrder(cells, new Set(["sure"]), [cellOf("other", 9, 9, { score: 0.5 })]);
  expect(ids(order)).toEqual(["other", "sure", "low"]);
});

test("going through meets every doubt once, then begins again", () => {
  const order = doubtOrder(["a", "b", "c"].map((id) => cellOf(id, 0, 0)), none, []);
  const met = [];
  let at = doubtFrom(order, null, 1);
  for (let n = 0; n < 4; n += 1, at = doubtFrom(order, at, 1)) met.push(at!.cell.id);
  expect(met).toEqual(["a", "b", "c", "a"]);
});

test("after a cell that was confirmed meanwhile comes the one that followed it", () => {
  const cells = ["a", "b", "c"].map((id) => cellOf(id, 0, 0));
  const at = doubtOrder(cells, none, [])[1]!;
  const left = doubtOrder([cells[0]!, cells[2]!], none, []);
  expect(doubtFrom(left, at, 1)!.cell.id).toBe("c");
  expect(doubtFrom(left, at, -1)!.cell.id).toBe("a");
});

test("where nothing is doubtful there is nowhere to go", () => {
  expect(doubtFrom([], null, 1)).toBeNull();
});
