/** How a photograph is looked at: tool, selection, filter, comparison, and where one is among the doubtful cells. */
import { batch, computed, signal } from "@preact/signals";
import { CellSet } from "./cellSet";
import { compareCells, NO_DISAGREEMENT } from "./comparison";
import { doubtFrom, doubtOrder, type Doubt } from "./doubt";
import { ALL_CELLS, passes, type Filter } from "./filter";
import type { ReviewStore } from "./reviewStore";
import { CELL_TYPES, type Cell, type CellType, type Point, type WhiteCellClass } from "./types";

/** A cell type stands for adding cells of it. */
export type Tool = "select" | CellType | "lasso" | "split" | "redraw";

export class ReviewView {
  readonly tool = signal<Tool>("select");
  readonly selection = signal<ReadonlySet<string>>(new Set());
  readonly hovered = signal<string | null>(null);
  /** The line that is being drawn. */
  readonly stroke = signal<readonly Point[]>([]);
  readonly filter = signal<Filter>(ALL_CELLS);
  readonly areOutlinesShown = signal(true);
  /** The type whose cells are listed as thumbnails; null while the photograph is shown. */
  readonly gallery = signal<CellType | null>(null);
  readonly isHelpOpen = signal(false);
  /** The doubtful place that is looked at; null while nobody goes through them. */
  readonly doubt = signal<Doubt | null>(null);
  /** The count that is compared with: its id and its cells. */
  readonly other = signal<{ count: string; cells: CellSet } | null>(null);

  readonly selected = computed<readonly Cell[]>(() => {
    this.store.cells.version.value;
    return [...this.selection.value].map((id) => this.store.cells.get(id)).filter((cell) => cell !== null);
  });
  readonly isShown = computed(() => {
    const filter = this.filter.value;
    return (cell: Cell): boolean => passes(filter, cell);
  });
  readonly disagreement = computed(() => {
    this.store.cells.version.value;
    return this.other.value ? compareCells(this.store.cells, this.other.value.cells) : NO_DISAGREEMENT;
  });

  readonly isAdding = computed(() => CELL_TYPES.some((type) => type === this.tool.value));

  /** Whether white cells alone are selected, and may be named. */
  readonly mayName = computed(
    () => this.mayChange() && this.selected.value.length > 0 && this.selected.value.every(({ type }) => type === "wbc"),
  );

  constructor(
    private readonly store: ReviewStore,
    private readonly mayChange: () => boolean,
  ) {}

  /** Name the class of the white cells that are selected; whether that may be done. */
  nameClass(white_cell_class: WhiteCellClass): boolean {
    if (!this.mayName.value) return false;
    this.store.correct({ action: "classify", cells: this.selected.value.map((cell) => cell.id), white_cell_class });
    return true;
  }

  select(ids: Iterable<string>): void {
    batch(() => {
      this.selection.value = new Set(ids);
      this.doubt.value = null;
    });
  }

  /** Add a cell to the selection, or take it out. */
  toggle(id: string): void {
    const ids = new Set(this.selection.value);
    if (!ids.delete(id)) ids.add(id);
    this.select(ids);
  }

  choose(tool: Tool): void {
    batch(() => {
      this.tool.value = tool;
      this.stroke.value = [];
    });
  }

  /** Go to the next or the previous doubtful place; null where there is none. */
  goThrough(step: 1 | -1): Doubt | null {
    const { disputed, missing } = this.disagreement.value;
    const isShown = this.isShown.value;
    const shown = [...this.store.cells.all()].filter(isShown);
    const found = doubtFrom(doubtOrder(shown, disputed, missing.filter(isShown)), this.doubt.value, step);
    batch(() => {
      this.select(found && !found.isMissing ? [found.cell.id] : []);
      this.doubt.value = found;
    });
    return found;
  }
}
