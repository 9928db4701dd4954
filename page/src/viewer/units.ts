/** Lengths as people read them: in micrometres where the scale is known, else in pixels. */
import type { Count } from "./types";

export interface Unit {
  name: "µm" | "px";
  /** Of a pixel of the photograph. */
  perPx: number;
}

export function unitOf(count: Count | null): Unit {
  const perPx = count?.scale.um_per_px;
  return perPx ? { name: "µm", perPx } : { name: "px", perPx: 1 };
}
