import { measure } from "../parts/format";
import { texts } from "../texts";
import { useDesk } from "./desk";
import { histogram, usualDiameters } from "./numbers";
import { CELL_TYPES, type CellType } from "./types";
import { unitOf } from "./units";

const N_BINS = 40;
const WIDTH = 280;
const HEIGHT = 34;
const LARGEST = 2.5; // red-cell diameters

/** How large the cells of each type are. */
export function SizesPanel() {
  const { store } = useDesk();
  store.cells.version.value;
  const unit = unitOf(store.count.value);
  const to = store.count.value!.scale.red_cell_diameter_px * LARGEST;
  const words = texts.value.review.sizes;
  return (
    <section aria-labelledby="sizes-title">
      <h2 id="sizes-title">{words.title}</h2>
      {CELL_TYPES.map((type) => (
        <TypeSizes key={type} type={type} to={to} />
      ))}
      <p class="axis soft small number">
        <span>0</span>
        <span>{words.axis(unit.name)}</span>
        <span>{measure(to * unit.perPx)}</span>
      </p>
    </section>
  );
}

function TypeSizes({ type, to }: { type: CellType; to: number }) {
  const { store } = useDesk();
  const cells = [...store.cells.all()].filter((cell) => cell.type === type);
  if (!cells.length) return null;
  const { counts } = histogram(
    cells.map((cell) => cell.diameter_px),
    0,
    to,
    N_BINS,
  );
  const most = Math.max(...counts, 1);
  const unit = unitOf(store.count.value);
  const median = `${measure(usualDiameters(cells, 1)[type] * unit.perPx)} ${unit.name}`;
  const bars = counts.map((n, bin) => {
    const height = (n / most) * HEIGHT;
    return n ? `M${(bin * WIDTH) / N_BINS} ${HEIGHT}v${-height}h${WIDTH / N_BINS - 1}v${height}z` : "";
  });
  return (
    <svg
      class={`histogram histogram-${type}`}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={texts.value.review.sizes.described(texts.value.cells[type], cells.length, median)}
    >
      <path d={bars.join("")} />
      <path class="baseline" d={`M0 ${HEIGHT}H${WIDTH}`} />
    </svg>
  );
}
