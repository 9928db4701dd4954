/** What a correction will make of the cells, before the service has answered. */
import type { CellSet } from "./cellSet";
import { areaHolds, boxOf, circle } from "./geometry";
import type { Area, Cell, CellType, Wanted } from "./types";

export interface Surroundings {
  /** Usual diameters in pixels. */
  usual: Record<CellType, number>;
  frame: Area;
  /** Who corrects. */
  person: string;
}

export interface Preview {
  id: string;
  before: Cell | null;
  after: Cell | null;
}

/** Split, merge, redraw, undo and redo change nothing until they are answered: what they make is not known here. */
export function preview(wanted: Wanted, cells: CellSet, { usual, frame, person }: Surroundings): Preview[] {
  const byHand = { by: person, checked: true, unsure: false };
  const known = (ids: readonly string[]): Cell[] => ids.map((id) => cells.get(id)).filter((cell) => cell !== null);
  switch (wanted.action) {
    case "add": {
      const [x, y] = wanted.point as [number, number];
      const diameter = usual[wanted.type];
      const outline = wanted.outline?.flat() ?? circle(x, y, diameter);
      const { x0, y0 } = boxOf(outline);
      const id = `${wanted.id}.1`;
      const after: Cell = {
        ...byHand,
        ...{ id, type: wanted.type, x, y, outline, score: 1, touches_frame: false },
        area_px: Math.PI * (diameter / 2) ** 2,
        diameter_px: diameter,
        in_frame: areaHolds(frame, x0, y0),
      };
      return [{ id, before: null, after }];
    }
    case "delete":
      return known(wanted.cells).map((before) => ({ id: before.id, before, after: null }));
    case "retype":
      return known(wanted.cells).map((before) => ({
        id: before.id,
        before,
        after: { ...before, ...byHand, type: wanted.type },
      }));
    case "classify":
      return known(wanted.cells).map((before) => ({
        id: before.id,
        before,
        after: { ...before, ...byHand, white_cell_class: wanted.white_cell_class, class_probability: null },
      }));
    case "confirm":
      return known(wanted.cells).map((before) => ({
        id: before.id,
        before,
        after: { ...before, ...byHand, by: before.by },
      }));
    default:
      return [];
  }
}

/** The cells that a correction changes once it is answered. */
export function awaited(wanted: Wanted): readonly string[] {
  if (wanted.action === "split" || wanted.action === "redraw") return [wanted.cell];
  return wanted.action === "merge" ? wanted.cells : [];
}
