/** The cell types, in the order in which they are shown everywhere. */
export const CELL_TYPES = ["rbc", "wbc", "plt"] as const;
export type CellType = (typeof CELL_TYPES)[number];
