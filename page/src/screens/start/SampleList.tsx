import { useSignal } from "@preact/signals";
import { paged } from "../../parts/paged";
import { Pager } from "../../parts/Pager";
import { texts } from "../../texts";
import { SampleRow } from "./SampleRow";
import { samples } from "./samples";

const PAGE = 50;

/** All samples, the newest first. */
export function SampleList() {
  const { start, common } = texts.value;
  const page = useSignal(0);
  const { shown, n_pages } = paged(samples.value ?? [], page.value, PAGE);
  return (
    <section class="samples" aria-labelledby="samples-title">
      <h2 id="samples-title">{start.samples}</h2>
      {samples.value === null ? <p class="soft">{common.loading}</p> : null}
      {samples.value?.length === 0 ? <p class="soft">{start.noSamples}</p> : null}
      {shown.length ? (
        <ul class="sample-list panel">
          {shown.map((each) => (
            <SampleRow key={each.id} sample={each} />
          ))}
        </ul>
      ) : null}
      <Pager page={page} n_pages={n_pages} />
    </section>
  );
}
