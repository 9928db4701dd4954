/** Draws what changes with the pointer on a canvas of its own: hover, selection, the line of a tool. */
import { startDrawing, traceOutline } from "./cellLayer";
import type { View } from "./picture";
import type { Cell, Point } from "./types";

export interface Marks {
  hovered: Cell | null;
  selected: readonly Cell[];
  /** Cells that the service is about to change. */
  awaited: readonly Cell[];
  /** A cell that only another count has. */
  missing: Cell | null;
  stroke: readonly Point[];
}

const LIGHT = "white";
const DARK = "rgb(20 20 30)";

export class MarkLayer {
  private readonly context: CanvasRenderingContext2D;

  constructor(readonly canvas: HTMLCanvasElement) {
    this.context = canvas.getContext("2d")!;
  }

  draw(view: View, { hovered, selected, awaited, missing, stroke }: Marks): void {
    const { context } = this;
    startDrawing(context, view);
    const px = 1 / view.scale;
    if (hovered) this.outline([hovered], [[4 * px, "rgb(255 255 255 / 70%)"]]);
    this.outline(selected, [[6 * px, LIGHT], [2.5 * px, DARK]]);
    context.setLineDash([5 * px, 4 * px]);
    this.outline(awaited, [[3 * px, LIGHT]]);
    if (missing) this.outline([missing], [[6 * px, LIGHT], [3 * px, "rgb(255 0 200)"]]);
    context.setLineDash([]);
    if (stroke.length > 1) this.line(stroke, px);
  }

  private outline(cells: readonly Cell[], strokes: readonly (readonly [number, string])[]): void {
    if (!cells.length) return;
    const path = new Path2D();
    for (const cell of cells) traceOutline(path, cell.outline);
    for (const [width, colour] of strokes) {
      this.context.lineWidth = width;
      this.context.strokeStyle = colour;
      this.context.stroke(path);
    }
  }

  private line(stroke: readonly Point[], px: number): void {
    const { context } = this;
    context.lineJoin = context.lineCap = "round";
    context.beginPath();
    for (const [x, y] of stroke) context.lineTo(x, y);
    for (const [width, colour] of [
      [5 * px, DARK],
      [2.5 * px, LIGHT],
    ] as const) {
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.stroke();
    }
  }
}
