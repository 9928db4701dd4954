/** What the cells amount to, computed here so that a correction is seen at once. */
import { CELL_TYPES, type Cell, type CellType, type Count } from "./types";

export interface Tally {
  total: number;
  /** Null where the program counted cells without locating them: then there is no cell of the type. */
  inFrame: number | null;
  checked: number;
  /** Cells that a person should look at and nobody has. */
  unsure: number;
}

export function tally(cells: Iterable<Cell>): Record<CellType, Tally> {
  const tallies = Object.fromEntries(
    CELL_TYPES.map((type) => [type, { total: 0, inFrame: 0, checked: 0, unsure: 0 }]),
  ) as Record<CellType, Tally & { inFrame: number }>;
  for (const cell of cells) {
    const each = tallies[cell.type];
    each.total += 1;
    if (cell.in_frame) each.inFrame += 1;
    if (cell.checked) each.checked += 1;
    else if (cell.unsure) each.unsure += 1;
  }
  return tallies;
}

/** The tally of cells, and of the types that were not located what the service has told. */
export function tallyWithUnlocated(cells: Iterable<Cell>, count: Count): Record<CellType, Tally> {
  const unlocated = Object.entries(told(count)).filter(([, each]) => each.inFrame === null);
  return { ...tally(cells), ...Object.fromEntries(unlocated) };
}

/** What the service has told of a count whose cells are not here yet. */
export function told({ numbers }: Count): Record<CellType, Tally> {
  return Object.fromEntries(
    CELL_TYPES.map((type) => {
      const { total = 0, in_frame: inFrame = 0, unsure } = numbers[type] ?? {};
      return [type, { total, inFrame, checked: 0, unsure: unsure ?? 0 }];
    }),
  ) as Record<CellType, Tally>;
}

/** The usual diameter of each type: the median of its cells, else a share of a red cell's. */
export function usualDiameters(cells: Iterable<Cell>, redCellDiameter: number): Record<CellType, number> {
  const known: Record<CellType, number[]> = { rbc: [], wbc: [], plt: [] };
  for (const cell of cells) known[cell.type].push(cell.diameter_px);
  const assumed = { rbc: 1, wbc: 1.6, plt: 0.35 }; // of a red cell's
  return Object.fromEntries(
    CELL_TYPES.map((type) => {
      const sizes = Float64Array.from(known[type]).sort();
      return [type, sizes[sizes.length >> 1] ?? assumed[type] * redCellDiameter];
    }),
  ) as Record<CellType, number>;
}

export interface Histogram {
  /** Where the first bin begins, and how wide each is. */
  from: number;
  step: number;
  counts: number[];
}

/** Count values in bins of equal width; those outside the range are left out. */
export function histogram(values: Iterable<number>, from: number, to: number, nBins: number): Histogram {
  const step = (to - from) / nBins;
  const counts = new Array<number>(nBins).fill(0);
  for (const value of values) {
    if (value >= from && value <= to) counts[Math.min(Math.floor((value - from) / step), nBins - 1)]! += 1;
  }
  return { from, step, counts };
}

/** The largest of 1, 2, 5, 10, 20, 50 … that is not above a limit: how long a scale bar is. */
export function roundLength(limit: number): number {
  const power = 10 ** Math.floor(Math.log10(limit));
  return [5, 2, 1].map((digit) => digit * power).find((length) => length <= limit * (1 + 1e-9)) ?? power;
}
