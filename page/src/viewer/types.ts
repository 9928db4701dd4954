/** The parts of the service's description that the review screen speaks of. */
import type { Schema } from "../api/client";

export type Cell = Schema<"CellTold">;
export type Cells = Schema<"Cells">;
export type CellType = Cell["type"];
export type WhiteCellClass = Schema<"ClassTold">["white_cell_class"];
export type Change = Schema<"CellChange">;
export type Count = Schema<"Count">;
export type Photograph = Schema<"Photograph">;
export type Sample = Schema<"Sample">;
export type Corrected = Schema<"Corrected">;
export type Trail = Schema<"Trail">;
export type Done = Schema<"CorrectionTold">;
export type Wanted =
  | Schema<"Add">
  | Schema<"Delete">
  | Schema<"Retype">
  | Schema<"Classify">
  | Schema<"Confirm">
  | Schema<"Split">
  | Schema<"Merge">
  | Schema<"Redraw">
  | Schema<"Undo">
  | Schema<"Redo">;

/** A correction before it has its id. */
export type Wish = Wanted extends infer Each ? (Each extends Wanted ? Omit<Each, "id" | "seen"> : never) : never;

export const CELL_TYPES: readonly CellType[] = ["rbc", "wbc", "plt"];

/** x, y in pixels of the photograph; the centre of the first pixel is (0, 0). */
export type Point = [number, number];
/** Polygons, of each its rings, as the service tells frames and fields of view. */
export type Area = readonly (readonly (readonly (readonly number[])[])[])[];
