import { useSignal } from "@preact/signals";
import { api } from "../../api/client";
import { Complaint } from "../../parts/Complaint";
import { Confirm } from "../../parts/Confirm";
import { reviewPath } from "../../parts/router";
import { useAction } from "../../parts/useAction";
import { texts } from "../../texts";
import { PhotographState } from "./PhotographState";
import { stateOf, type Photograph } from "./sampleStore";
import { Thumbnail } from "./Thumbnail";

interface Props {
  photograph: Photograph;
  /** Whether it may be counted again and deleted. */
  mayChange: boolean;
}

/** A photograph of a sample: how it looks, how far it is, what was counted. */
export function PhotographCard({ photograph, mayChange }: Props) {
  const { common, sample: words } = texts.value;
  const isDeleting = useSignal(false);
  const params = { path: { photograph: photograph.id } };
  const remove = useAction(async () => void (await api.DELETE("/api/photographs/{photograph}", { params })));
  const again = useAction(
    async () => void (await api.POST("/api/photographs/{photograph}/count", { params, body: {} })),
  );
  const cancel = useAction(async () => {
    if (photograph.job) await api.POST("/api/jobs/{job}/cancel", { params: { path: { job: photograph.job.id } } });
  });
  const state = stateOf(photograph);
  const picture = <Thumbnail photograph={photograph} />;
  return (
    <li class="panel photograph">
      {photograph.count === null ? (
        <div class="photograph-picture">{picture}</div>
      ) : (
        <a
          class="photograph-picture"
          href={reviewPath(photograph.sample, photograph.id)}
          aria-label={words.open(photograph.name)}
        >
          {picture}
        </a>
      )}
      <div class="photograph-facts">
        <h3 class="photograph-name" title={photograph.name}>
          {photograph.name}
        </h3>
        <PhotographState photograph={photograph} />
        <Complaint words={again.complaint ?? cancel.complaint ?? remove.complaint} />
        {mayChange ? (
          <div class="photograph-actions">
            {state === "open" ? (
              <button type="button" class="quiet small" onClick={cancel.run}>
                {words.cancel}
              </button>
            ) : (
              <button type="button" class="quiet small" disabled={again.isBusy} onClick={again.run}>
                {state === "failed" ? common.tryAgain : words.countAgain}
              </button>
            )}
            <button type="button" class="quiet small danger" onClick={() => (isDeleting.value = true)}>
              {common.delete}
            </button>
          </div>
        ) : null}
      </div>
      <Confirm isOpen={isDeleting} title={words.deletePhotographTitle} action={common.delete} onConfirm={remove.run}>
        {words.deletePhotographMeans(photograph.name)}
      </Confirm>
    </li>
  );
}
