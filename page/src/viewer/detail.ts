/** How closely cells are drawn: as many corners as can be seen. */

/** Corners of a cell's outline; 0 for a dot in its place. */
export type Detail = 0 | 8 | 16 | 2000;

/** @param diameter of a usual cell, in pixels of the screen */
export function detailFor(diameter: number): Detail {
  if (diameter < 5) return 0;
  if (diameter < 14) return 8;
  if (diameter < 40) return 16;
  return 2000;
}
