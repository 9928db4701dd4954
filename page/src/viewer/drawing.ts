/** Draws cells and marks over the picture, each only when something of it has changed. */
import { effect } from "@preact/signals";
import { CellLayer, type Scene } from "./cellLayer";
import type { Desk } from "./desk";
import { MarkLayer, type Marks } from "./markLayer";
import { Picture, type View } from "./picture";
import type { Cell } from "./types";

const NEAR_PX = 8; // of the screen: a click so near to a centre hits the cell

/** Show the photograph in an element, and draw on the canvases over it; gives a function that ends it. */
export function startPicture(
  desk: Desk,
  place: HTMLElement,
  canvases: { cells: HTMLCanvasElement; marks: HTMLCanvasElement },
): () => void {
  const photograph = desk.store.photograph.value!;
  const size = { width: photograph.width!, height: photograph.height! };
  const layers = { cells: new CellLayer(canvases.cells), marks: new MarkLayer(canvases.marks) };
  const stale = { cells: true, marks: true };
  let [frame, before]: [number, View | null] = [0, null];
  const draw = (): void => {
    const view = picture.view;
    if (!before || Object.keys(view).some((key) => view[key as keyof View] !== before![key as keyof View])) {
      stale.cells = stale.marks = true;
      before = desk.placed.value = view;
    }
    if (stale.cells) layers.cells.draw(view, sceneOf(desk, size));
    if (stale.marks) layers.marks.draw(view, marksOf(desk));
    stale.cells = stale.marks = false;
  };
  const later = (layer: "cells" | "marks"): void => {
    stale[layer] = true;
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      draw();
    });
  };
  const near = (): number => NEAR_PX / picture.view.scale;
  const picture = new Picture(place, photograph.id, size, draw, {
    click: (at) => desk.tools.click(at, near()),
    drag: (at) => desk.tools.drag(at),
    dragEnd: () => desk.tools.dragEnd(),
  });
  desk.picture.value = picture;
  const point = (event: PointerEvent): void => {
    const { left, top } = place.getBoundingClientRect();
    if (!event.buttons) desk.tools.hover(picture.toPhotograph(event.clientX - left, event.clientY - top), near());
  };
  const leave = (): void => void (desk.view.hovered.value = null);
  place.addEventListener("pointermove", point);
  place.addEventListener("pointerleave", leave);
  const ends = [
    effect(() => (sceneOf(desk, size), later("cells"))),
    effect(() => (marksOf(desk), later("marks"))),
  ];
  return () => {
    for (const end of ends) end();
    cancelAnimationFrame(frame);
    desk.picture.value = null;
    picture.close();
  };
}

function sceneOf({ store, view }: Desk, size: Scene["size"]): Scene {
  store.cells.version.value;
  const count = store.count.value!;
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
