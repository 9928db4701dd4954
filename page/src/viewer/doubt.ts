/** In which order cells are gone through: where counts disagree first, then by rising score. */
import type { Cell } from "./types";

/** A place to look at: a cell of this count, or one (`isMissing`) that only the other count found. */
export interface Doubt {
  cell: Cell;
  isMissing: boolean;
  /** 0 where the counts disagree, 1 elsewhere. */
  rank: 0 | 1;
}

export function doubtOrder(cells: Iterable<Cell>, disputed: ReadonlySet<string>, missing: readonly Cell[]): Doubt[] {
  const doubts: Doubt[] = missing.map((cell) => ({ cell, isMissing: true, rank: 0 }));
  for (const cell of cells) {
    if (!cell.checked) doubts.push({ cell, isMissing: false, rank: disputed.has(cell.id) ? 0 : 1 });
  }
  return doubts.sort(compare);
}

/** The doubt after (`step` 1) or before (−1) one that may be settled by now; goes round at the ends. */
export function doubtFrom(order: readonly Doubt[], from: Doubt | null, step: 1 | -1): Doubt | null {
  if (!order.length) return null;
  if (!from) return order.at(step === 1 ? 0 : -1)!;
  if (step === 1) return order.find((each) => compare(each, from) > 0) ?? order[0]!;
  return [...order].reverse().find((each) => compare(each, from) < 0) ?? order.at(-1)!;
}

function compare(a: Doubt, b: Doubt): number {
  if (a.rank !== b.rank) return a.rank - b.rank;
  if (a.cell.score !== b.cell.score) return a.cell.score - b.cell.score;
  if (a.isMissing !== b.isMissing) return a.isMissing ? -1 : 1;
  return a.cell.id < b.cell.id ? -1 : a.cell.id > b.cell.id ? 1 : 0;
}
