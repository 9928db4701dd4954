/** The classes of white cells: their keys, how many there are of each, and who has named what. */
import type { Cell, Done, WhiteCellClass } from "./types";

/** In the gallery, as on the keys of a tally counter. */
export const CLASS_KEYS: Readonly<Record<WhiteCellClass, string>> = {
  neutrophil: "1",
  lymphocyte: "2",
  monocyte: "3",
  eosinophil: "4",
  basophil: "5",
  "immature granulocyte": "6",
  erythroblast: "7",
  other: "8",
  unsure: "0",
};

export const WHITE_CELL_CLASSES = Object.keys(CLASS_KEYS) as readonly WhiteCellClass[];

/** The class that a key stands for; null for other keys. */
export function classOfKey(event: KeyboardEvent): WhiteCellClass | null {
  if (event.altKey || event.ctrlKey || event.metaKey) return null;
  return WHITE_CELL_CLASSES.find((each) => CLASS_KEYS[each] === event.key) ?? null;
}

/** What is doubtful comes first; what a person has looked at comes last. */
export function doubtOf(cell: Cell): number {
  return cell.checked ? 1 : (cell.class_probability ?? cell.score);
}

/** The class of a white cell; one that nobody has named is unsure, as in the tables. */
export function classOf(cell: Cell): WhiteCellClass {
  return cell.white_cell_class ?? "unsure";
}

export function countClasses(cells: Iterable<Cell>): Map<WhiteCellClass, number> {
  const counts = new Map<WhiteCellClass, number>();
  for (const cell of cells) {
    if (cell.type === "wbc") counts.set(classOf(cell), (counts.get(classOf(cell)) ?? 0) + 1);
  }
  return counts;
}

/** Reader → cell → the class that the reader has named last. */
export type Readings = ReadonlyMap<string, ReadonlyMap<string, WhiteCellClass>>;

/** What each person has named, of what they have not taken back; of cells that are still there. */
export function readingsOf(trail: readonly Done[], isThere: (cell: string) => boolean): Readings {
  const undone = new Set<number>();
  for (const each of trail) {
    if (each.action === "undo") undone.add(each.reverses!);
    if (each.action === "redo") undone.delete(trail.find((undo) => undo.seq === each.reverses)!.reverses!);
  }
  const readings = new Map<string, Map<string, WhiteCellClass>>();
  for (const { seq, action, actor, changes } of trail) {
    if (action !== "classify" || undone.has(seq)) continue;
    const own = readings.get(actor) ?? new Map<string, WhiteCellClass>();
    for (const { cell, after } of changes) {
      if (after?.white_cell_class && isThere(cell)) own.set(cell, after.white_cell_class);
    }
    readings.set(actor, own);
  }
  return readings;
}

/** On how many cells two readers have both named a class, and on how many the same. */
export function agreement(
  first: ReadonlyMap<string, WhiteCellClass>,
  second: ReadonlyMap<string, WhiteCellClass>,
): { both: number; same: number } {
  const both = [...first.keys()].filter((cell) => second.has(cell));
  return { both: both.length, same: both.filter((cell) => first.get(cell) === second.get(cell)).length };
}
