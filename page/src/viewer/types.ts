/** The parts of the service's description that the review screen speaks of. */
import type { Readable } from "openapi-typescript-helpers";
import type { components } from "../api/schema";

type Schemas = Readable<components["schemas"]>;

export type Cell = Schemas["CellTold"];
export type Cells = Schemas["Cells"];
export type CellType = Cell["type"];
export type Change = Schemas["CellChange"];
export type Count = Schemas["Count"];
export type Photograph = Schemas["Photograph"];
export type Sample = Schemas["Sample"];
export type Corrected = Schemas["Corrected"];
export type Trail = Schemas["Trail"];
export type Done = Schemas["CorrectionTold"];
export type Wanted =
  | Schemas["Add"]
  | Schemas["Delete"]
  | Schemas["Retype"]
  | Schemas["Confirm"]
  | Schemas["Split"]
  | Schemas["Merge"]
  | Schemas["Redraw"]
  | Schemas["Undo"]
  | Schemas["Redo"];

/** A correction before it has its id. */
export type Wish = Wanted extends infer Each ? (Each extends Wanted ? Omit<Each, "id"> : never) : never;

export const CELL_TYPES: readonly CellType[] = ["rbc", "wbc", "plt"];

/** x, y in pixels of the photograph; the centre of the first pixel is (0, 0). */
export type Point = [number, number];
/** Polygons, of each its rings, as the service tells frames and fields of view. */
export type Area = readonly (readonly (readonly (readonly number[])[])[])[];
