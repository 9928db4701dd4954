import { measure } from "../parts/format";
import { texts } from "../texts";
import { useDesk } from "./desk";

const BADGE = { accept: "badge-good", warn: "badge-warn", reject: "badge-bad" };

/** Whether the photograph is fit to be counted, and its scale. */
export function QualityPanel() {
  const count = useDesk().store.count.value!;
  const words = texts.value.review.quality;
  const { um_per_px, um_is_assumed, red_cell_diameter_px, warning } = count.scale;
  return (
    <section aria-labelledby="quality-title">
      <h2 id="quality-title">{words.title}</h2>
      <p>
        <span class={`badge ${BADGE[count.quality.verdict]}`}>{texts.value.sample.verdicts[count.quality.verdict]}</span>
      </p>
      <ul class="small reasons">
        {[...count.quality.reasons, ...(warning ? [warning] : [])].map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      <dl class="pairs small">
        <div>
          <dt class="soft">{words.diameter}</dt>
          <dd>
            {measure(red_cell_diameter_px)} px{um_per_px ? ` (${measure(red_cell_diameter_px * um_per_px)} µm)` : ""}
          </dd>
        </div>
        <div>
          <dt class="soft">{words.scale}</dt>
          <dd>
            {um_per_px ? words.perPixel(measure(um_per_px)) : words.unknown}
            {um_is_assumed ? ` (${words.assumed})` : ""}
          </dd>
        </div>
      </dl>
    </section>
  );
}
