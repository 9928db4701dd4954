/** Which thumbnails of a long list are on the screen. */

export interface GridWindow {
  nColumns: number;
  /** Height of the whole list in pixels. */
  height: number;
  /** The first thumbnail that is drawn, and the one after the last. */
  from: number;
  to: number;
}

const ROWS_BEYOND = 2;

/** @param side of a thumbnail with its gap; all lengths in CSS pixels */
export function gridWindow(n: number, side: number, seen: { width: number; height: number; top: number }): GridWindow {
  const nColumns = Math.max(1, Math.floor(seen.width / side));
  const firstRow = Math.max(0, Math.floor(seen.top / side) - ROWS_BEYOND);
  const lastRow = Math.ceil((seen.top + seen.height) / side) + ROWS_BEYOND;
  return {
    nColumns,
    height: Math.ceil(n / nColumns) * side,
    from: Math.min(n, firstRow * nColumns),
    to: Math.min(n, lastRow * nColumns),
  };
}

/** Where an arrow key leads in a grid; null for other keys. */
export function arrowTarget(key: string, at: number, n: number, nColumns: number): number | null {
  const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -nColumns, ArrowDown: nColumns };
  const ends: Record<string, number> = { Home: 0, End: n - 1 };
  const target = ends[key] ?? (key in steps ? at + steps[key]! : null);
  return target === null ? null : target < 0 || target >= n ? at : target;
}
