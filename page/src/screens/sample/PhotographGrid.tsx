import { useSignal } from "@preact/signals";
import { paged } from "../../parts/paged";
import { Pager } from "../../parts/Pager";
import { texts } from "../../texts";
import { queue } from "../../uploads/uploads";
import { PhotographCard } from "./PhotographCard";
import { FILTERS, passes, type Filter, type Sample } from "./sampleStore";
import { UploadCard } from "./UploadCard";

const PAGE = 48;

/** The photographs of a sample, and those that are on their way. */
export function PhotographGrid({ sample, mayChange }: { sample: Sample; mayChange: boolean }) {
  const { sample: words } = texts.value;
  const filter = useSignal<Filter>("all");
  const page = useSignal(0);
  const coming = queue.uploads.value.filter((each) => each.sample === sample.id && each.state.value !== "done");
  const photographs = sample.photographs.filter((each) => passes(each, filter.value));
  const all = [...photographs, ...(filter.value === "all" ? coming : [])];
  const { shown, n_pages } = paged(all, page.value, PAGE);
  return (
    <section class="photographs" aria-labelledby="photographs-title">
      <div class="photographs-top">
        <h2 id="photographs-title">
          {words.photographs} <span class="soft number">{sample.photographs.length || ""}</span>
        </h2>
        {sample.photographs.length > 1 ? <FilterChoice sample={sample} filter={filter} page={page} /> : null}
      </div>
      {sample.photographs.length + coming.length === 0 ? <p class="soft">{words.noPhotographs}</p> : null}
      {filter.value !== "all" && all.length === 0 ? <p class="soft">{words.noneOfThese}</p> : null}
      <ul class="photograph-grid">
        {shown.map((each) =>
          "key" in each ? (
            <UploadCard key={`upload ${each.key}`} upload={each} />
          ) : (
            <PhotographCard key={each.id} photograph={each} mayChange={mayChange} />
          ),
        )}
      </ul>
      <Pager page={page} n_pages={n_pages} />
    </section>
  );
}

interface ChoiceProps {
  sample: Sample;
  filter: { value: Filter };
  page: { value: number };
}

function FilterChoice({ sample, filter, page }: ChoiceProps) {
  const { sample: words } = texts.value;
  return (
    <label class="filter small">
      <span class="soft">{words.show}</span>
      <select
        value={filter.value}
        onChange={(event) => {
          filter.value = event.currentTarget.value as Filter;
          page.value = 0;
        }}
      >
        {FILTERS.map((each) => (
          <option key={each} value={each}>
            {words.filters[each]} ({sample.photographs.filter((photograph) => passes(photograph, each)).length})
          </option>
        ))}
      </select>
    </label>
  );
}
