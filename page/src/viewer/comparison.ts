/** Where two counts of one photograph disagree. */
import { CellSet } from "./cellSet";
import type { Cell } from "./types";

export interface Disagreement {
  /** Cells of this count that the other one has not, or has as another type. */
  disputed: ReadonlySet<string>;
  /** Cells that only the other count has. */
  missing: readonly Cell[];
}

export const NO_DISAGREEMENT: Disagreement = { disputed: new Set(), missing: [] };

/**
 * Two cells are the same where each one's outline, or a quarter of its diameter, reaches the centre of the other; every
 * cell has one partner at most.
 */
export function compareCells(own: CellSet, other: CellSet): Disagreement {
  const disputed = new Set<string>();
  const met = new Set<string>();
  for (const cell of own.all()) {
    const partner = other.at(cell.x, cell.y, cell.diameter_px / 4, (each) => !met.has(each.id) && likelySame(cell, each));
    if (partner) met.add(partner.id);
    if (!partner || partner.type !== cell.type) disputed.add(cell.id);
  }
  return { disputed, missing: [...other.all()].filter((cell) => !met.has(cell.id)) };
}

function likelySame(a: Cell, b: Cell): boolean {
  const ratio = a.diameter_px / b.diameter_px;
  return ratio > 0.5 && ratio < 2;
}
