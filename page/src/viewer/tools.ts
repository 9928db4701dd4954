/** What the pointer does with each tool. */
import type { CellSet } from "./cellSet";
import { smoothed } from "./geometry";
import type { PointerAt } from "./picture";
import type { ReviewStore } from "./reviewStore";
import type { ReviewView } from "./reviewView";
import { CELL_TYPES, type Cell, type Point } from "./types";

const MAX_POINTS = 2000; // of the service
const STEP = 1 / 40; // of a red cell, between the points of a line

export class Tools {
  /** @param mayChange whether the person may correct */
  constructor(
    private readonly store: ReviewStore,
    private readonly view: ReviewView,
    private readonly mayChange: () => boolean,
  ) {}

  click({ x, y, isMore }: PointerAt, tolerance: number): void {
    const { view, store } = this;
    const tool = view.tool.value;
    const type = CELL_TYPES.find((each) => each === tool);
    if (type && this.mayChange()) {
      const id = store.correct({ action: "add", type, point: [x, y] });
      view.select([`${id}.1`]);
      return;
    }
    const cell = this.hit(store.cells, x, y, tolerance);
    if (!cell) {
      if (!isMore) view.select([]);
    } else if (isMore) view.toggle(cell.id);
    else view.select([cell.id]);
  }

  /** Whether the tool draws, so that the picture stays where it is. */
  drag({ x, y }: PointerAt): boolean {
    const { view } = this;
    if (!["lasso", "split", "redraw"].includes(view.tool.value)) return false;
    view.stroke.value = [...view.stroke.value, [x, y]];
    return true;
  }

  dragEnd(): void {
    const { view } = this;
    const drawn = view.stroke.value;
    view.stroke.value = [];
    const stroke = smoothed(drawn, (this.store.count.value?.scale.red_cell_diameter_px ?? 40) * STEP, MAX_POINTS);
    if (stroke.length < 2) return;
    if (view.tool.value === "lasso") {
      view.select(this.store.cells.inside(stroke.flat()).filter(view.isShown.value).map((cell) => cell.id));
    } else if (view.tool.value === "split") this.split(stroke);
    else if (view.tool.value === "redraw" && stroke.length > 2) this.redraw(stroke);
  }

  hover({ x, y }: { x: number; y: number }, tolerance: number): void {
    this.view.hovered.value = this.hit(this.store.cells, x, y, tolerance)?.id ?? null;
  }

  private hit(cells: CellSet, x: number, y: number, tolerance: number): Cell | null {
    return cells.at(x, y, tolerance, this.view.isShown.value);
  }

  /** The cell that is selected, else the one that holds most points of the line. */
  private meant(stroke: readonly Point[]): string | null {
    const { selected } = this.view;
    if (selected.value.length === 1) return selected.value[0]!.id;
    const hits = new Map<string, number>();
    for (const [x, y] of stroke) {
      const cell = this.hit(this.store.cells, x, y, 0);
      if (cell) hits.set(cell.id, (hits.get(cell.id) ?? 0) + 1);
    }
    return [...hits].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
  }

  private split(stroke: Point[]): void {
    const cell = this.meant(stroke);
    if (!cell || !this.mayChange()) return;
    this.store.correct({ action: "split", cell, stroke });
    this.view.select([]);
  }

  private redraw(outline: Point[]): void {
    const cell = this.meant(outline);
    if (!cell || !this.mayChange()) return;
    this.store.correct({ action: "redraw", cell, outline });
  }
}
