/** Draws the cells of a photograph on a canvas over it. */
import type { Bucket, CellSet } from "./cellSet";
import { detailFor, type Detail } from "./detail";
import { EVERYWHERE, intersection, sidesOf, thinned, type Box } from "./geometry";
import { boxShown, type View } from "./picture";
import { CELL_TYPES, type Area, type Cell, type CellType } from "./types";

/** RGB, as in the overlays of the program. */
export const COLOURS: Record<CellType, string> = { rbc: "rgb(0 90 181)", wbc: "rgb(255 221 0)", plt: "rgb(0 230 170)" };
const OTHER_COLOUR = "rgb(255 0 200)";
const CASING = "rgb(0 0 0 / 45%)";
const EXCLUDING = "rgb(200 30 30)";
const INCLUDING = "rgb(20 130 60)";
const SHADE = "rgb(20 20 30 / 45%)";
const MARGIN = 0.25; // drawn beyond each side of what is seen, so that moving needs no drawing
const LINE_PX = 12; // of the screen: no line is wider

export interface Scene {
  cells: CellSet;
  isShown: (cell: Cell) => boolean;
  /** Another count, drawn under this one; null for none. */
  other: CellSet | null;
  areOutlinesShown: boolean;
  /** Diameter of a usual cell in pixels of the photograph. */
  diameter: number;
  size: { width: number; height: number };
  frame: Area;
  fieldOfView: Area | null;
}

/** The outlines of one type, in pixels of the photograph: of cells in the counting frame, of others; doubtful centres. */
type Paths = Record<"inFrame" | "outside" | "doubtful", Path2D>;

interface Drawn {
  version: number;
  detail: Detail;
  isShown: Scene["isShown"];
  paths: Partial<Record<CellType, Paths>>;
}

export class CellLayer {
  private readonly context: CanvasRenderingContext2D;
  private readonly drawn = new WeakMap<Bucket, Drawn>();
  private readonly areas = new WeakMap<Area, AreaPaths>();
  private drawnFor: View | null = null;

  constructor(readonly canvas: HTMLCanvasElement) {
    this.context = canvas.getContext("2d")!;
  }

  /**
   * Draw what is seen and a margin around it.
   *
   * @param part where it has changed since it was drawn for this view
   */
  draw(view: View, scene: Scene, part: Box = EVERYWHERE): void {
    const { context, canvas } = this;
    const wide = withMargin(view);
    if (part === EVERYWHERE) {
      startDrawing(context, wide);
      const { style } = canvas;
      [style.left, style.top] = [`${-MARGIN * view.width}px`, `${-MARGIN * view.height}px`];
      [style.width, style.height, style.transform] = [`${wide.width}px`, `${wide.height}px`, ""];
      this.drawnFor = view;
    }
    const line = LINE_PX / view.scale;
    const shown = boxShown(wide);
    const box = intersection(shown, { x0: part.x0 - line, y0: part.y0 - line, x1: part.x1 + line, y1: part.y1 + line });
    context.save();
    context.beginPath();
    context.rect(box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0);
    context.clip();
    if (part !== EVERYWHERE) context.clearRect(box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0);
    this.drawAreas(view, scene);
    if (scene.areOutlinesShown) {
      if (scene.other) this.drawCells(view, box, scene, scene.other, OTHER_COLOUR);
      this.drawCells(view, box, scene, scene.cells, null);
    }
    context.restore();
  }

  /** Move what is drawn to where it belongs in another view; false where it must be drawn anew. */
  follow(view: View): boolean {
    const { drawnFor, canvas } = this;
    if (!drawnFor || drawnFor.width !== view.width || drawnFor.height !== view.height) return false;
    const [before, now] = [withMargin(drawnFor), withMargin(view)];
    const zoom = view.scale / drawnFor.scale;
    const [left, top] = [now.x - zoom * before.x, now.y - zoom * before.y];
    const covers = (start: number, size: number): boolean =>
      start <= MARGIN * size && start + zoom * (1 + 2 * MARGIN) * size >= (1 + MARGIN) * size;
    if (zoom < 0.5 || zoom > 2 || !covers(left, view.width) || !covers(top, view.height)) return false;
    canvas.style.transform = `translate(${left}px, ${top}px) scale(${zoom})`;
    return true;
  }

  private drawCells(view: View, box: Box, scene: Scene, cells: CellSet, colour: string | null): void {
    const { context } = this;
    const detail = detailFor(scene.diameter * view.scale);
    const isShown = colour ? ALL : scene.isShown;
    const shown = [...cells.bucketsIn(box)].map((each) => this.pathsOf(each, detail, isShown));
    const thin = Math.min(2, Math.max(1, (scene.diameter * view.scale) / 25)) / view.scale;
    for (const type of CELL_TYPES) {
      const paths = shown.map((each) => each[type]).filter((each) => each !== undefined);
      context.strokeStyle = context.fillStyle = colour ?? COLOURS[type];
      if (detail === 0) {
        for (const each of paths) context.fill(each.inFrame), context.fill(each.outside);
        continue;
      }
      if (type !== "rbc" && !colour) stroke(context, paths, thin * 3 + 1 / view.scale, CASING);
      stroke(context, paths, colour ? thin * 4 : thin * 1.5, colour ?? COLOURS[type]);
      if (!colour) for (const each of paths) context.fill(each.doubtful);
    }
  }

  private pathsOf(bucket: Bucket, detail: Detail, isShown: Scene["isShown"]): Drawn["paths"] {
    const before = this.drawn.get(bucket);
    if (before?.version === bucket.version && before.detail === detail && before.isShown === isShown) {
      return before.paths;
    }
    const paths: Drawn["paths"] = {};
    for (const cell of bucket.cells.values()) {
      if (!isShown(cell)) continue;
      const own = (paths[cell.type] ??= { inFrame: new Path2D(), outside: new Path2D(), doubtful: new Path2D() });
      trace(own[cell.in_frame ? "inFrame" : "outside"], cell, detail);
      if (cell.unsure && !cell.checked) {
        own.doubtful.moveTo(cell.x, cell.y);
        own.doubtful.arc(cell.x, cell.y, cell.diameter_px / 8, 0, 2 * Math.PI);
      }
    }
    this.drawn.set(bucket, { version: bucket.version, detail, isShown, paths });
    return paths;
  }

  /** What lies outside the field of view or the counting frame is shaded; sides that exclude cells are red. */
  private drawAreas(view: View, scene: Scene): void {
    for (const area of [scene.fieldOfView, scene.frame]) {
      if (!area?.length) continue;
      const paths = this.areas.get(area) ?? areaPaths(area, scene.size);
      this.areas.set(area, paths);
      this.context.fillStyle = SHADE;
      this.context.fill(paths.outside, "evenodd");
      if (area !== scene.frame) continue;
      this.context.lineWidth = 3 / view.scale;
      this.context.strokeStyle = EXCLUDING;
      this.context.stroke(paths.excluding);
      this.context.strokeStyle = INCLUDING;
      this.context.setLineDash([8 / view.scale, 6 / view.scale]);
      this.context.stroke(paths.including);
      this.context.setLineDash([]);
    }
  }
}

const ALL = (): boolean => true;

function withMargin({ scale, x, y, width, height }: View): View {
  const [right, down] = [MARGIN * width, MARGIN * height];
  return { scale, x: x + right, y: y + down, width: width + 2 * right, height: height + 2 * down };
}

/** Fit the canvas to the view in pixels of the device, empty it, and let drawing be in pixels of the photograph. */
export function startDrawing(context: CanvasRenderingContext2D, view: View): void {
  const ratio = globalThis.devicePixelRatio || 1;
  const { canvas } = context;
  const [width, height] = [Math.round(view.width * ratio), Math.round(view.height * ratio)];
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width, height);
  context.setTransform(view.scale * ratio, 0, 0, view.scale * ratio, view.x * ratio, view.y * ratio);
}

function stroke(context: CanvasRenderingContext2D, paths: readonly Paths[], width: number, colour: string): void {
  context.strokeStyle = colour;
  context.lineWidth = width;
  for (const each of paths) context.stroke(each.inFrame);
  context.globalAlpha = 0.45;
  for (const each of paths) context.stroke(each.outside);
  context.globalAlpha = 1;
}

function trace(path: Path2D, cell: Cell, detail: Detail): void {
  if (detail === 0) {
    const side = cell.diameter_px * 0.7;
    path.rect(cell.x - side / 2, cell.y - side / 2, side, side);
    return;
  }
  traceOutline(path, thinned(cell.outline, detail));
}

export function traceOutline(path: Path2D, outline: readonly number[]): void {
  path.moveTo(outline[0]!, outline[1]!);
  for (let n = 2; n < outline.length; n += 2) path.lineTo(outline[n]!, outline[n + 1]!);
  path.closePath();
}

type AreaPaths = Record<"outside" | "excluding" | "including", Path2D>;

function areaPaths(area: Area, size: { width: number; height: number }): AreaPaths {
  const paths = { outside: new Path2D(), excluding: new Path2D(), including: new Path2D() };
  paths.outside.rect(-0.5, -0.5, size.width, size.height);
  for (const ring of area.flat()) traceOutline(paths.outside, ring.flat());
  const sides = sidesOf(area);
  for (const side of ["excluding", "including"] as const) {
    for (const [from, to] of sides[side]) {
      paths[side].moveTo(...from!);
      paths[side].lineTo(...to!);
    }
  }
  return paths;
}
