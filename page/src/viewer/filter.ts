/** Which cells are shown, gone through and listed. */
import { CELL_TYPES, type Cell, type CellType } from "./types";

export interface Filter {
  types: ReadonlySet<CellType>;
  /** Scores, 0 … 1. */
  score: readonly [number, number];
  /** Diameters in pixels of the photograph; infinite for no limit. */
  diameter: readonly [number, number];
  inFrameOnly: boolean;
  uncheckedOnly: boolean;
}

export const ALL_CELLS: Filter = {
  types: new Set(CELL_TYPES),
  score: [0, 1],
  diameter: [0, Infinity],
  inFrameOnly: false,
  uncheckedOnly: false,
};

export function passes(filter: Filter, cell: Cell): boolean {
  return (
    filter.types.has(cell.type) &&
    cell.score >= filter.score[0] &&
    cell.score <= filter.score[1] &&
    cell.diameter_px >= filter.diameter[0] &&
    cell.diameter_px <= filter.diameter[1] &&
    (!filter.inFrameOnly || cell.in_frame) &&
    (!filter.uncheckedOnly || !cell.checked)
  );
}

export function isNarrow(filter: Filter): boolean {
  return (
    filter.types.size < CELL_TYPES.length ||
    filter.inFrameOnly ||
    filter.uncheckedOnly ||
    filter.score[0] > 0 ||
    filter.score[1] < 1 ||
    filter.diameter[0] > 0 ||
    filter.diameter[1] < Infinity
  );
}
