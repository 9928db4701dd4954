/** Cells for tests. */
import { circle } from "./geometry";
import type { Cell } from "./types";

export function cellOf(id: string, x: number, y: number, given: Partial<Cell> & { diameter?: number } = {}): Cell {
  const { diameter = 40, ...rest } = given;
  return {
    ...{ id, type: "rbc", x, y, outline: circle(x, y, diameter), score: 0.9, by: "model", checked: false },
    ...{ area_px: Math.PI * (diameter / 2) ** 2, diameter_px: diameter, touches_frame: false, in_frame: true },
    ...{ unsure: false, white_cell_class: null, class_probability: null, ...rest },
  };
}
