import { CELL_TYPES } from "../../parts/cellTypes";
import { count as inWords, percent } from "../../parts/format";
import { Swatch } from "../../parts/Swatch";
import { texts } from "../../texts";
import { stateOf, unsureOf, type Photograph } from "./sampleStore";

/** How far a photograph is, and what was counted on it. */
export function PhotographState({ photograph }: { photograph: Photograph }) {
  const { sample: words } = texts.value;
  const { job, count } = photograph;
  const state = stateOf(photograph);
  const progress = job?.state === "running" ? job.progress : 0;
  const going = job?.state === "running" ? words.counting(percent(progress)) : words.waits;
  return (
    <>
      {count === null ? null : <Numbers photograph={photograph} />}
      {state === "open" ? (
        <div class="small">
          <p class="soft">{going}</p>
          <progress max={1} value={progress} aria-label={going} />
        </div>
      ) : null}
      {state === "cancelled" ? <p class="soft small">{words.cancelled}</p> : null}
      {state === "failed" ? (
        <p class="complaint small">
          {words.failed}: <span lang="en">{job?.error}</span>
        </p>
      ) : null}
    </>
  );
}

function Numbers({ photograph }: { photograph: Photograph }) {
  const { cells, sample: words } = texts.value;
  const { count } = photograph;
  if (count === null) return null;
  const { verdict, reasons } = count.quality;
  const unsure = unsureOf(photograph);
  const { n_added, n_removed, n_changed } = count.review;
  const corrected = n_added + n_removed + n_changed;
  const remarks = [corrected ? words.corrected(corrected) : "", unsure ? words.unsure(unsure) : ""].filter(Boolean);
  return (
    <>
      <ul class="photograph-numbers">
        {CELL_TYPES.map((type) => (
          <li key={type} title={cells[type]}>
            <Swatch type={type} />
            <span class="hidden-visually">{cells[type]}: </span>
            <span class="number">{inWords(count.numbers[type]?.total ?? 0)}</span>
          </li>
        ))}
      </ul>
      {remarks.length ? <p class="soft small">{remarks.join(" · ")}</p> : null}
      {verdict === "accept" ? null : (
        <div class="small">
          <span class={`badge ${verdict === "reject" ? "badge-bad" : "badge-warn"}`}>{words.verdicts[verdict]}</span>
          <p class="soft" lang="en">
            {reasons.join("; ")}
          </p>
        </div>
      )}
    </>
  );
}
