import type { Schema } from "../../api/client";
import { when } from "../../parts/format";
import { samplePath } from "../../parts/router";
import { texts } from "../../texts";

/** One sample in the list: its name, when it was made, and how far it is. */
export function SampleRow({ sample }: { sample: Schema<"SampleSummary"> }) {
  const { start, common } = texts.value;
  return (
    <li class="sample-row">
      <a class="sample-name" href={samplePath(sample.id)}>
        {sample.name}
      </a>
      <span class="soft small">{when(sample.created_at)}</span>
      <span class="sample-state">
        {sample.n_photographs === 0 ? (
          <span class="soft small">{start.empty}</span>
        ) : (
          <span class="small number">{common.photographs(sample.n_photographs)}</span>
        )}
        {sample.n_waiting ? <span class="badge">{start.waiting(sample.n_waiting)}</span> : null}
        {sample.n_counted ? <span class="badge badge-good">{start.counted(sample.n_counted)}</span> : null}
        {sample.n_failed ? <span class="badge badge-bad">{start.failed(sample.n_failed)}</span> : null}
        {sample.signed_by ? <span class="badge badge-signed">{start.signedBy(sample.signed_by)}</span> : null}
      </span>
    </li>
  );
}
