import { count as shown, measure } from "../parts/format";
import { texts } from "../texts";
import { useDesk } from "./desk";
import { CELL_TYPES, type CellType } from "./types";

/** How many cells of each type there are, as corrected so far. */
export function CountsPanel() {
  const words = texts.value.review.counts;
  return (
    <section class="counts" aria-labelledby="counts-title">
      <h2 id="counts-title" class="hidden-visually">
        {words.title}
      </h2>
      <dl>
        {CELL_TYPES.map((type) => (
          <TypeCount key={type} type={type} />
        ))}
      </dl>
      <p class="soft small">{words.frame}</p>
    </section>
  );
}

function TypeCount({ type }: { type: CellType }) {
  const { store } = useDesk();
  const words = texts.value.review.counts;
  const { total, inFrame } = store.tallies.value[type];
  const numbers = store.count.value?.numbers[type];
  const nRed = store.tallies.value.rbc.inFrame;
  const interval = numbers?.corrected ?? numbers?.expected;
  return (
    <div class="type-count">
      <dt>
        <span class={`swatch swatch-${type}`} />
        {texts.value.cells[type]}
      </dt>
      <dd class="number number-large" data-count={type}>
        {shown(total)}
      </dd>
      <dd class="of-type soft small number">
        <span>
          {inFrame === null ? words.notLocated : `${shown(inFrame)} ${words.inFrame}`}
        </span>
        {type !== "rbc" && nRed && inFrame !== null ? (
          <span>
            {measure((1000 * inFrame) / nRed)} {words.per1000}
          </span>
        ) : null}
      </dd>
      {interval ? (
        <dd class={store.isUpToDate.value ? "of-type small" : "of-type small stale"}>
          <span class="soft">{numbers?.corrected ? words.onPhotograph : words.expected}</span>
          <span class="number">
            {measure(interval.low)} – {measure(interval.high)}
          </span>
        </dd>
      ) : null}
    </div>
  );
}
