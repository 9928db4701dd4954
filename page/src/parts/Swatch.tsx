import type { CellType } from "./cellTypes";

/** The colour of a cell type, as on the pictures. */
export function Swatch({ type }: { type: CellType }) {
  return <span class={`swatch swatch-${type}`} aria-hidden="true" />;
}
