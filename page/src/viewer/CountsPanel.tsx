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
  const expected = numbers?.expected;
  return (
    <div class="type-count">
      <dt>
        <span class={`swatch swatch-${type}`} />
        {texts.value.cells[type]}
      </dt>
      <dd class="number">
        <strong data-count={type}>{shown(total)}</strong>
        <ul class="soft small">
          <li>
            {shown(inFrame)} {words.inFrame}
          </li>
          {type !== "rbc" && nRed ? (
            <li>
              {measure((1000 * inFrame) / nRed)} {words.per1000}
            </li>
          ) : null}
        </ul>
      </dd>
      {expected ? (
        <dd
          class={store.isUpToDate.value ? "number small" : "number small stale"}
          title={store.isUpToDate.value ? words.expected : words.updating}
        >
          {measure(expected.low)} – {measure(expected.high)} <span class="soft">{words.expected}</span>
        </dd>
      ) : null}
    </div>
  );
}
