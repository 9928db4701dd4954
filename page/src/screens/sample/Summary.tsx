import { CELL_TYPES } from "../../parts/cellTypes";
import { DifferentialTable } from "../../parts/DifferentialTable";
import { texts } from "../../texts";
import { stateOf, type Sample } from "./sampleStore";
import { TypeSummary } from "./TypeSummary";

/** What the fields of a sample say together. */
export function Summary({ sample }: { sample: Sample }) {
  const { summary } = texts.value;
  const { numbers, n_fields, n_rejected } = sample;
  const states = sample.photographs.map(stateOf);
  const n_open = states.filter((each) => each === "open").length;
  const n_failed = states.filter((each) => each === "failed").length;
  if (sample.photographs.length === 0) return null;
  if (numbers === null) {
    return (
      <p class="panel summary-empty soft">
        {summary.none} {n_open ? `${summary.waiting(n_open)}.` : ""}
      </p>
    );
  }
  const facts = [summary.fields(n_fields)];
  if (n_rejected) facts.push(summary.rejected(n_rejected));
  if (n_failed) facts.push(summary.failed(n_failed));
  if (n_open) facts.push(summary.waiting(n_open));
  const shown = CELL_TYPES.flatMap((type) => (numbers[type] ? [{ type, told: numbers[type] }] : []));
  const includesError = shown.every(({ told }) => told.includes_model_error);
  return (
    <section class="summary" aria-labelledby="summary-title">
      <h2 id="summary-title" class="hidden-visually">
        {summary.title}
      </h2>
      {n_fields === 0 ? <p class="remark">{summary.onlyRejected}</p> : null}
      <div class="summary-types">
        {n_fields === 0 ? null : shown.map(({ type, told }) => <TypeSummary key={type} type={type} numbers={told} />)}
      </div>
      {sample.differential && n_fields ? (
        <div class="panel side-panel summary-differential">
          <DifferentialTable told={sample.differential} caption={texts.value.review.classes.title} />
        </div>
      ) : null}
      <p class="soft small">
        {facts.join(" · ")}. {includesError ? summary.withModelError : summary.withoutModelError}
      </p>
    </section>
  );
}
