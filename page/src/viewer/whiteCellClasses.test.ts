import { expect, test } from "vitest";
import { cellOf } from "./testCells";
import type { Cell, Done, WhiteCellClass } from "./types";
import { agreement, CLASS_KEYS, classOfKey, countClasses, readingsOf, WHITE_CELL_CLASSES } from "./whiteCellClasses";

const white = (id: string, white_cell_class: WhiteCellClass | null): Cell => ({
  ...cellOf(id, 0, 0, { type: "wbc", white_cell_class }),
});

const row = (seq: number, actor: string, action: string, named: Record<string, WhiteCellClass>, reverses?: number): Done => ({
  seq,
  id: String(seq),
  actor,
  at: "",
  action,
  reverses: reverses ?? null,
  changes: Object.entries(named).map(([cell, each]) => ({ cell, before: white(cell, null), after: white(cell, each) })),
});

const key = (name: string, held: object = {}): KeyboardEvent =>
  ({ key: name, altKey: false, ctrlKey: false, metaKey: false, ...held }) as KeyboardEvent;

test("each class has a key of its own", () => {
  expect(new Set(Object.values(CLASS_KEYS)).size).toBe(WHITE_CELL_CLASSES.length);
  expect(WHITE_CELL_CLASSES.map((each) => classOfKey(key(CLASS_KEYS[each])))).toEqual(WHITE_CELL_CLASSES);
});

test("with Ctrl a digit is the browser's", () => {
  expect(classOfKey(key("1", { ctrlKey: true }))).toBeNull();
});

test("white cells without a class are unsure, and other cells are in no count", () => {
  const counts = countClasses([white("1", "monocyte"), white("2", "monocyte"), white("3", null), cellOf("4", 0, 0)]);
  expect(Object.fromEntries(counts)).toEqual({ monocyte: 2, unsure: 1 });
});

test("a reader's last answer is the one that holds, unless it is taken back", () => {
  const trail = [
    row(1, "Ada", "classify", { "1": "monocyte", "2": "basophil" }),
    row(2, "Ada", "classify", { "1": "lymphocyte" }),
    row(3, "Ben", "classify", { "1": "monocyte", "9": "other" }),
    row(4, "Ada", "undo", { "1": "monocyte" }, 2),
  ];
  const readings = readingsOf(trail, (cell) => cell !== "9");
  expect(Object.fromEntries(readings.get("Ada")!)).toEqual({ "1": "monocyte", "2": "basophil" });
  expect(Object.fromEntries(readings.get("Ben")!)).toEqual({ "1": "monocyte" });
  const again = readingsOf([...trail, row(5, "Ada", "redo", { "1": "lymphocyte" }, 4)], () => true);
  expect(again.get("Ada")!.get("1")).toBe("lymphocyte");
});

test("readers agree on the cells that both have named alike", () => {
  const [first, second] = [new Map([["1", "other"], ["2", "other"]]), new Map([["2", "other"], ["3", "other"]])];
  expect(agreement(first as never, second as never)).toEqual({ both: 1, same: 1 });
});
