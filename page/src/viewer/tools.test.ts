import { expect, test, vi } from "vitest";
import { Outbox } from "./outbox";
import type { ReviewApi } from "./reviewApi";
import { ReviewStore } from "./reviewStore";
import { ReviewView } from "./reviewView";
import { cellOf } from "./testCells";
import { Tools } from "./tools";
import type { Point } from "./types";

function bench(mayChange = true) {
  const api = {} as ReviewApi; // nothing is asked of it
  const store = new ReviewStore(api, "ann", (count) => new Outbox(null, "ann", count));
  const correct = vi.spyOn(store, "correct").mockReturnValue("f");
  store.cells.fill([cellOf("1", 100, 100), cellOf("2", 200, 100)], 100);
  const view = new ReviewView(store, () => true);
  const tools = new Tools(store, view, () => mayChange);
  const draw = (...points: Point[]): void => {
    for (const [x, y] of points) tools.drag({ x, y, isMore: false });
    tools.dragEnd();
  };
  const click = (x: number, y: number, isMore = false): void => tools.click({ x, y, isMore }, 0);
  return { correct, view, tools, draw, click, ids: () => [...view.selection.value] };
}

test("a click selects, a click with Shift selects more, a click beside nothing", () => {
  const { click, ids } = bench();
  click(100, 100);
  click(200, 100, true);
  expect(ids()).toEqual(["1", "2"]);
  click(300, 300);
  expect(ids()).toEqual([]);
});

test("a click with a type adds a cell of it and selects it", () => {
  const { click, view, correct, ids } = bench();
  view.choose("plt");
  click(150, 150);
  expect(correct).toHaveBeenCalledWith({ action: "add", type: "plt", point: [150, 150] });
  expect(ids()).toEqual(["f.1"]);
});

test("who may not change adds nothing", () => {
  const { click, view, correct } = bench(false);
  view.choose("plt");
  click(150, 150);
  expect(correct).not.toHaveBeenCalled();
});

test("a loop selects what is in it", () => {
  const { draw, view, ids } = bench();
  view.choose("lasso");
  draw([50, 50], [150, 50], [150, 150], [50, 150]);
  expect(ids()).toEqual(["1"]);
});

test("a line splits the cell that most of it lies on", () => {
  const { draw, view, correct } = bench();
  view.choose("split");
  draw([200, 60], [200, 90], [200, 100], [200, 110], [200, 140]);
  expect(correct).toHaveBeenCalledWith(expect.objectContaining({ action: "split", cell: "2" }));
});

test("an outline is that of the selected cell, wherever it is drawn", () => {
  const { draw, view, correct } = bench();
  view.select(["1"]);
  view.choose("redraw");
  draw([180, 80], [220, 80], [220, 120], [180, 120]);
  expect(correct).toHaveBeenCalledWith(expect.objectContaining({ action: "redraw", cell: "1" }));
});

test("with a tool that draws nothing the picture moves", () => {
  const { tools, view } = bench();
  expect(tools.drag({ x: 1, y: 1, isMore: false })).toBe(false);
  view.choose("lasso");
  expect(tools.drag({ x: 1, y: 1, isMore: false })).toBe(true);
});

test("going through the doubtful cells selects them one after the other, as the filter has it", () => {
  const { view, ids } = bench();
  view.filter.value = { ...view.filter.value, diameter: [0, 1000], types: new Set(["rbc"]) };
  view.goThrough(1);
  expect(ids()).toEqual(["1"]);
  view.goThrough(1);
  expect(ids()).toEqual(["2"]);
  view.filter.value = { ...view.filter.value, types: new Set(["wbc"]) };
  expect(view.goThrough(1)).toBeNull();
});
