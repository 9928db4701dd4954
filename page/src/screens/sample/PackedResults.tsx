import { api } from "../../api/client";
import { Complaint } from "../../parts/Complaint";
import { percent } from "../../parts/format";
import { useAction } from "../../parts/useAction";
import { texts } from "../../texts";
import { isGoing, resultsOf } from "./resultsStore";

/** How far the results are that were asked for, and the way to them. */
export function PackedResults({ sample }: { sample: string }) {
  const { results: words } = texts.value;
  const { job, isOutdated } = resultsOf(sample);
  const now = job.value;
  const cancel = useAction(async () => {
    if (now) await api.POST("/api/jobs/{job}/cancel", { params: { path: { job: now.id } } });
  });
  if (now === null || now.state === "cancelled") return null;
  const going = now.state === "running" ? words.packing(percent(now.progress)) : words.waiting;
  return (
    <div class="packed" role="status">
      {isGoing(now) ? (
        <>
          <p class="small">{going}</p>
          <progress max={1} value={now.progress} aria-label={going} />
          <button type="button" class="quiet small" onClick={cancel.run}>
            {words.cancel}
          </button>
          <Complaint words={cancel.complaint} />
        </>
      ) : null}
      {now.state === "failed" ? (
        <p class="complaint small">
          {words.failed}: <span lang="en">{now.error}</span>
        </p>
      ) : null}
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
