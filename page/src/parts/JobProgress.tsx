import { api, type Schema } from "../api/client";
import { Complaint } from "./Complaint";
import { percent } from "./format";
import { useAction } from "./useAction";

type Job = Schema<"Job">;

interface Props {
  job: Job;
  words: { going: (share: string) => string; waiting: string; cancel: string; failed: string };
}

export function isGoing(job: Job | null | undefined): boolean {
  return job?.state === "queued" || job?.state === "running";
}

/** How far a job is, with a way to end it, or why it failed; nothing once it is done. */
export function JobProgress({ job, words }: Props) {
  const cancel = useAction(async () => {
    await api.POST("/api/jobs/{job}/cancel", { params: { path: { job: job.id } } });
  });
  const going = job.state === "running" ? words.going(percent(job.progress)) : words.waiting;
  return (
    <>
      {isGoing(job) ? (
        <>
          <p class="small">{going}</p>
          <progress max={1} value={job.progress} aria-label={going} />
          <button type="button" class="quiet small" onClick={cancel.run}>
            {words.cancel}
          </button>
          <Complaint words={cancel.complaint} />
        </>
      ) : null}
      {job.state === "failed" ? (
        <p class="complaint small">
          {words.failed}: <span lang="en">{job.error}</span>
        </p>
      ) : null}
    </>
  );
}
