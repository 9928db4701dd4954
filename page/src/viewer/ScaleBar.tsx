import { measure } from "../parts/format";
import { useDesk } from "./desk";
import { roundLength } from "./numbers";
import { unitOf } from "./units";

const LONGEST_PX = 160;

/** How long a round number of micrometres, or pixels, is on the screen. */
export function ScaleBar() {
  const { store, placed } = useDesk();
  const scale = placed.value?.scale;
  if (!scale) return null;
  const unit = unitOf(store.count.value);
  const length = roundLength((LONGEST_PX / scale) * unit.perPx);
  return (
    <div class="scale-bar" style={{ width: `${(length / unit.perPx) * scale}px` }}>
      {measure(length)} {unit.name}
    </div>
  );
}
