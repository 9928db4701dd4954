/** Outlines and boxes, in pixels of the photograph. An outline is flat: x, y, x, y … of its corners. */
import type { Area, Point } from "./types";

export interface Box {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

export const EVERYWHERE: Box = { x0: -Infinity, y0: -Infinity, x1: Infinity, y1: Infinity };

/** The smallest box that holds both. */
export function union(a: Box, b: Box): Box {
  return {
    ...{ x0: Math.min(a.x0, b.x0), y0: Math.min(a.y0, b.y0) },
    ...{ x1: Math.max(a.x1, b.x1), y1: Math.max(a.y1, b.y1) },
  };
}

/** What two boxes share; it may be empty. */
export function intersection(a: Box, b: Box): Box {
  return {
    ...{ x0: Math.max(a.x0, b.x0), y0: Math.max(a.y0, b.y0) },
    ...{ x1: Math.min(a.x1, b.x1), y1: Math.min(a.y1, b.y1) },
  };
}

export function boxOf(outline: readonly number[]): Box {
  const box = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
  for (let n = 0; n + 1 < outline.length; n += 2) {
    const [x, y] = [outline[n]!, outline[n + 1]!];
    box.x0 = Math.min(box.x0, x);
    box.y0 = Math.min(box.y0, y);
    box.x1 = Math.max(box.x1, x);
    box.y1 = Math.max(box.y1, y);
  }
  return box;
}

/** Whether a point lies inside, by the even-odd rule. */
export function holds(outline: readonly number[], x: number, y: number): boolean {
  let isInside = false;
  for (let n = 0, before = outline.length - 2; n < outline.length; before = n, n += 2) {
    const [x0, y0, x1, y1] = [outline[before]!, outline[before + 1]!, outline[n]!, outline[n + 1]!];
    if (y0 > y !== y1 > y && x < ((x1 - x0) * (y - y0)) / (y1 - y0) + x0) isInside = !isInside;
  }
  return isInside;
}

/** Whether a point lies in one of the polygons of an area, and in none of their holes. */
export function areaHolds(area: Area, x: number, y: number): boolean {
  return area.some((rings) => rings.filter((ring) => holds(ring.flat(), x, y)).length % 2 === 1);
}

export function circle(x: number, y: number, diameter: number, nCorners = 24): number[] {
  return Array.from({ length: nCorners }, (_, n) => (2 * Math.PI * n) / nCorners).flatMap((angle) => [
    x + (diameter / 2) * Math.cos(angle),
    y + (diameter / 2) * Math.sin(angle),
  ]);
}

/** Keep at most so many corners, evenly along the outline. */
export function thinned(outline: readonly number[], nCorners: number): readonly number[] {
  const n = outline.length / 2;
  if (n <= nCorners) return outline;
  return Array.from({ length: nCorners }, (_, k) => Math.floor((k * n) / nCorners)).flatMap((corner) => [
    outline[2 * corner]!,
    outline[2 * corner + 1]!,
  ]);
}

/** A hand's stroke without the points that lie closer together than `step`, and with at most `limit` of them. */
export function smoothed(stroke: readonly Point[], step: number, limit: number): Point[] {
  const kept: Point[] = [];
  for (const point of stroke) {
    const last = kept[kept.length - 1];
    if (!last || Math.hypot(point[0] - last[0], point[1] - last[1]) >= step) kept.push(point);
  }
  const end = stroke[stroke.length - 1];
  if (end && kept[kept.length - 1] !== end) kept.push(end);
  return kept.length > limit ? smoothed(kept, step * 2, limit) : kept;
}

/**
 * The sides of an area that exclude the cells that touch them: those beyond which, up and to the left, the area ends.
 * A cell is counted where the upper left corner of its box lies.
 */
export function sidesOf(area: Area): { excluding: Point[][]; including: Point[][] } {
  const sides = { excluding: [] as Point[][], including: [] as Point[][] };
  for (const ring of area.flat()) {
    ring.forEach((corner, n) => {
      const [x0, y0] = corner as Point;
      const [x1, y1] = ring[(n + 1) % ring.length] as Point;
      if (x0 === x1 && y0 === y1) return;
      const isExcluding = !areaHolds(area, (x0 + x1) / 2 - 1e-3, (y0 + y1) / 2 - 1e-3);
      sides[isExcluding ? "excluding" : "including"].push([
        [x0, y0],
        [x1, y1],
      ]);
    });
  }
  return sides;
}
