/** Draws cells and marks over the picture, each only when something of it has changed. */
import { computed, effect } from "@preact/signals";
import { CellLayer, type Scene } from "./cellLayer";
import type { Desk } from "./desk";
import { MarkLayer, type Marks } from "./markLayer";
import { Picture, type View } from "./picture";
import type { Cell } from "./types";

interface Stale {
  cells: "none" | "some" | "all";
  marks: boolean;
}

const REST_MS = 120; // without a move, before what was moved is drawn sharply
const NEAR_PX = 8; // of the screen: a click so near to a centre hits the cell

export class Drawing {
  private readonly picture: Picture;
  private readonly size: Scene["size"];
  private readonly layers: { cells: CellLayer; marks: MarkLayer };
  private readonly ends: (() => void)[];
  private stale: Stale = { cells: "all", marks: true };
  private drawnFor: View | null = null;
  private frame = 0;
  private rest: ReturnType<typeof setTimeout> | null = null;

  /** Show the photograph in an element, and its cells over it. */
  constructor(
    private readonly desk: Desk,
    place: HTMLElement,
  ) {
    const { store, tools } = desk;
    const { id, width, height } = store.photograph.value!;
    this.size = { width: width!, height: height! };
    const near = (): number => NEAR_PX / this.picture.view.scale;
    this.picture = new Picture(place, id, this.size, () => this.draw(), {
      click: (at) => tools.click(at, near()),
      drag: (at) => tools.drag(at),
      dragEnd: () => tools.dragEnd(),
      hover: (at) => (at ? tools.hover(at, near()) : (desk.view.hovered.value = null)),
    });
    this.layers = {
      cells: new CellLayer(this.picture.addLayer()),
      marks: new MarkLayer(this.picture.addLayer()),
    };
    desk.picture.value = this.picture;
    const countId = computed(() => store.count.value!.id); // frame and scale of a count never change
    this.ends = [
      effect(() => (countId.value, sceneOf(desk, this.size), this.later({ cells: "all" }))),
      effect(() => (store.cells.version.value, this.later({ cells: "some" }))),
      effect(() => (marksOf(desk), this.later({ marks: true }))),
    ];
  }

  close(): void {
    for (const end of this.ends) end();
    cancelAnimationFrame(this.frame);
    this.stopWaiting();
    this.desk.picture.value = null;
    this.picture.close();
  }

  private later(more: Partial<Stale>): void {
    const { stale } = this;
    if (stale.cells !== "all") stale.cells = more.cells ?? stale.cells;
    stale.marks ||= more.marks ?? false;
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  private draw(): void {
    const { layers, desk, size, stale } = this;
    const { view } = this.picture;
    if (!this.drawnFor || !isSame(view, this.drawnFor)) this.move(view);
    if (stale.cells === "some" && this.rest !== null) stale.cells = "all"; // what is drawn is for another view
    if (stale.cells !== "none") {
      const changed = desk.store.cells.takeChanged();
      if (stale.cells === "all") {
        layers.cells.draw(view, sceneOf(desk, size));
        this.stopWaiting();
      } else if (changed) layers.cells.draw(view, sceneOf(desk, size), changed);
    }
    if (stale.marks) layers.marks.draw(view, marksOf(desk));
    this.stale = { cells: "none", marks: false };
  }

  private move(view: View): void {
    this.drawnFor = this.desk.placed.value = view;
    this.stale.marks = true;
    if (!this.layers.cells.follow(view)) this.stale.cells = "all";
    this.stopWaiting();
    this.rest = setTimeout(() => this.later({ cells: "all" }), REST_MS);
  }

  private stopWaiting(): void {
    if (this.rest !== null) clearTimeout(this.rest);
    this.rest = null;
  }
}

function isSame(a: View, b: View): boolean {
  return (Object.keys(a) as (keyof View)[]).every((key) => a[key] === b[key]);
}

function sceneOf({ store, view }: Desk, size: Scene["size"]): Scene {
  const count = store.count.peek()!;
  return {
    cells: store.cells,
    isShown: view.isShown.value,
    other: view.other.value?.cells ?? null,
    areOutlinesShown: view.areOutlinesShown.value,
    diameter: count.scale.red_cell_diameter_px,
    size,
    frame: count.frame,
    fieldOfView: count.field_of_view,
  };
}

function marksOf({ store, view }: Desk): Marks {
  store.cells.version.value;
  const known = (id: string | null): Cell | null => (id === null ? null : store.cells.get(id));
  return {
    hovered: known(view.hovered.value),
    selected: view.selected.value,
    awaited: [...store.awaited.value].map(known).filter((cell) => cell !== null),
    missing: view.doubt.value?.isMissing ? view.doubt.value.cell : null,
    stroke: view.stroke.value,
  };
}
