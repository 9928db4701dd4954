import { useSignal } from "@preact/signals";
import { api, done } from "../../api/client";
import { may } from "../../api/session";
import { Complaint } from "../../parts/Complaint";
import { Confirm } from "../../parts/Confirm";
import { when } from "../../parts/format";
import { go } from "../../parts/router";
import { useAction } from "../../parts/useAction";
import { texts } from "../../texts";
import { Rename } from "./Rename";
import { signOffOf, type Sample, type SampleStore } from "./sampleStore";

/** The name of a sample, and what concerns it as a whole. */
export function SampleHeading({ sample, store }: { sample: Sample; store: SampleStore }) {
  const { common, sample: words, start } = texts.value;
  const isRenaming = useSignal(false);
  const isDeleting = useSignal(false);
  const params = { path: { sample: sample.id } };
  const remove = useAction(async () => {
    await api.DELETE("/api/samples/{sample}", { params });
    go("/");
  });
  const signOff = signOffOf(sample);
  return (
    <div class="sample-heading">
      <a class="small" href="/">
        ← {common.toStart}
      </a>
      {isRenaming.value ? (
        <Rename
          name={sample.name}
          onEnd={() => (isRenaming.value = false)}
          onName={async (name) =>
            store.take(await done(api.PATCH("/api/samples/{sample}", { params, body: { name } })))
          }
        />
      ) : (
        <div class="sample-title">
          <h1>{sample.name}</h1>
          {signOff ? <span class="badge badge-signed">{start.signedBy(signOff.signed_by)}</span> : null}
          {may("reviewer") && !signOff ? (
            <button type="button" class="quiet" onClick={() => (isRenaming.value = true)}>
              {words.rename}
            </button>
          ) : null}
          {may("admin") ? (
            <button type="button" class="quiet danger" onClick={() => (isDeleting.value = true)}>
              {words.deleteSample}
            </button>
          ) : null}
        </div>
      )}
      <p class="soft small">{words.made(when(sample.created_at), sample.created_by)}</p>
      <Complaint words={remove.complaint} />
      <Confirm isOpen={isDeleting} title={words.deleteSampleTitle} action={common.delete} onConfirm={remove.run}>
        {words.deleteSampleMeans(sample.name, sample.photographs.length)}
      </Confirm>
    </div>
  );
}
