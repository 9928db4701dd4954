import { percent } from "../parts/format";
import { texts } from "../texts";
import { useDesk } from "./desk";

/** Stands in for a photograph that cannot be shown, or not yet. */
export function Waiting() {
  const { store } = useDesk();
  const { photograph, failure } = store;
  const job = photograph.value?.job;
  if (failure.value) return <p class="review-waiting complaint">{failure.value}</p>;
  if (!photograph.value) return <p class="review-waiting">{texts.value.common.loading}</p>;
  if (job?.state === "failed") return <p class="review-waiting complaint">{job.error}</p>;
  return (
    <div class="review-waiting" role="status">
      <p>{texts.value.review.notCounted}</p>
      {job?.state === "running" ? <p>{texts.value.review.counting(percent(job.progress))}</p> : null}
    </div>
  );
}
