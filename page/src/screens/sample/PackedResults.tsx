import { JobProgress } from "../../parts/JobProgress";
import { texts } from "../../texts";
import { resultsOf } from "./resultsStore";

/** How far the results are that were asked for, and the way to them. */
export function PackedResults({ sample }: { sample: string }) {
  const { results: words } = texts.value;
  const { job, isOutdated } = resultsOf(sample);
  const now = job.value;
  if (now === null || now.state === "cancelled") return null;
  return (
    <div class="packed" role="status">
      <JobProgress job={now} words={words} />
      {now.state === "done" ? (
        <>
          <a class="button primary" href={`/api/jobs/${now.id}/results.zip`} download>
            {words.download}
          </a>
          {isOutdated.value ? <p class="remark small">{words.outdated}</p> : null}
        </>
      ) : null}
    </div>
  );
}
