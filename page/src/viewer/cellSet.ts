/** The cells of a photograph, found by id and by place. */
import { signal } from "@preact/signals";
import { boxOf, EVERYWHERE, holds, union, type Box } from "./geometry";
import type { Cell } from "./types";

/** The cells whose centres lie in one square of the grid. `version` rises when one of them changes. */
export interface Bucket {
  cells: Map<string, Cell>;
  version: number;
}

/** How many red cells wide a square of the grid is. */
export const GRID_DIAMETERS = 8;
const BUCKETS_PER_ROW = 1 << 16;

export class CellSet {
  /** Rises with every change: who reads it is told. */
  readonly version = signal(0);
  private readonly byId = new Map<string, Cell>();
  private readonly buckets = new Map<number, Bucket>();
  private reach = 0;
  private changed: Box | null = null;

  /** @param side of a square of the grid in pixels of the photograph, a few cells wide */
  constructor(
    private side = 400,
    cells: Iterable<Cell> = [],
  ) {
    this.fill(cells, side);
  }

  /** Hold these cells and no others. */
  fill(cells: Iterable<Cell>, side = this.side): void {
    this.side = side;
    this.byId.clear();
    this.buckets.clear();
    this.reach = 0;
    for (const cell of cells) this.put(cell);
    this.changed = EVERYWHERE;
    this.version.value += 1;
  }

  /** Where cells have changed since this was asked last; null for nowhere. */
  takeChanged(): Box | null {
    const { changed } = this;
    this.changed = null;
    return changed;
  }

  /** Change cells: one with `after` is put in, one without is taken out. */
  change(changes: Iterable<{ id: string; after: Cell | null }>): void {
    for (const { id, after } of changes) {
      this.take(id);
      if (after) this.put(after);
    }
    this.version.value += 1;
  }

  get size(): number {
    return this.byId.size;
  }

  get(id: string): Cell | null {
    return this.byId.get(id) ?? null;
  }

  all(): Iterable<Cell> {
    return this.byId.values();
  }

  /** The squares of the grid whose cells may reach into a box. */
  *bucketsIn(box: Box): Iterable<Bucket> {
    const [col0, row0] = [this.index(box.x0 - this.reach), this.index(box.y0 - this.reach)];
    const [col1, row1] = [this.index(box.x1 + this.reach), this.index(box.y1 + this.reach)];
    if ((col1 - col0 + 1) * (row1 - row0 + 1) > this.buckets.size) {
      for (const [key, bucket] of this.buckets) {
        const [col, row] = [key % BUCKETS_PER_ROW, Math.floor(key / BUCKETS_PER_ROW)];
        if (col >= col0 && col <= col1 && row >= row0 && row <= row1) yield bucket;
      }
      return;
    }
    for (let row = row0; row <= row1; row += 1) {
      for (let col = col0; col <= col1; col += 1) {
        const bucket = this.buckets.get(row * BUCKETS_PER_ROW + col);
        if (bucket) yield bucket;
      }
    }
  }

  /**
   * The cell at a point: of those whose outline holds it, the smallest (a platelet on a red cell can be hit); else the
   * one whose centre is nearest, if that is nearer than `tolerance`.
   */
  at(x: number, y: number, tolerance = 0, isShown: (cell: Cell) => boolean = () => true): Cell | null {
    let [hit, near, nearest]: [Cell | null, Cell | null, number] = [null, null, tolerance];
    for (const cell of this.around({ x0: x - tolerance, y0: y - tolerance, x1: x + tolerance, y1: y + tolerance })) {
      if (!isShown(cell)) continue;
      if ((!hit || cell.area_px < hit.area_px) && holds(cell.outline, x, y)) hit = cell;
      const distance = Math.hypot(cell.x - x, cell.y - y);
      if (distance < nearest) [near, nearest] = [cell, distance];
    }
    return hit ?? near;
  }

  /** The cells whose centres a drawn loop holds. */
  inside(loop: readonly number[]): Cell[] {
    return [...this.around(boxOf(loop))].filter((cell) => holds(loop, cell.x, cell.y));
  }

  /** The cells that may reach into a box. */
  *around(box: Box): Iterable<Cell> {
    for (const bucket of this.bucketsIn(box)) yield* bucket.cells.values();
  }

  private index(place: number): number {
    return Math.max(0, Math.floor(place / this.side)); // a centre may lie half a pixel outside, not farther
  }

  private bucketOf(cell: Cell): Bucket {
    const key = this.index(cell.y) * BUCKETS_PER_ROW + this.index(cell.x);
    const known = this.buckets.get(key);
    if (known) return known;
    const made = { cells: new Map<string, Cell>(), version: 0 };
    this.buckets.set(key, made);
    return made;
  }

  private put(cell: Cell): void {
    this.byId.set(cell.id, cell);
    const bucket = this.bucketOf(cell);
    bucket.cells.set(cell.id, cell);
    bucket.version += 1;
    const box = this.touch(cell);
    this.reach = Math.max(this.reach, cell.x - box.x0, box.x1 - cell.x, cell.y - box.y0, box.y1 - cell.y);
  }

  private take(id: string): void {
    const cell = this.byId.get(id);
    if (!cell) return;
    this.touch(cell);
    this.byId.delete(id);
    const bucket = this.bucketOf(cell);
    bucket.cells.delete(id);
    bucket.version += 1;
  }

  private touch(cell: Cell): Box {
    const box = boxOf(cell.outline);
    this.changed = this.changed ? union(this.changed, box) : box;
    return box;
  }
}
