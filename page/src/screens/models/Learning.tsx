import { useSignal } from "@preact/signals";
import { may } from "../../api/session";
import { Field } from "../../parts/Field";
import { Form } from "../../parts/Form";
import { isGoing, JobProgress } from "../../parts/JobProgress";
import { texts } from "../../texts";
import { Learned } from "./Learned";
import type { Models, ModelsStore } from "./modelsStore";

const NAME = "our-laboratory";
const MINUTES = "9";

/** What there is to learn from, the button that begins it, and what came of it the last time. */
export function Learning({ models, store }: { models: Models; store: ModelsStore }) {
  const { models: words } = texts.value;
  const { learning } = models;
  return (
    <section class="panel side-panel" aria-labelledby="learning-title">
      <h2 id="learning-title">{words.learnTitle}</h2>
      <p class="soft small">{words.means}</p>
      <p>
        {words.corrected(models.n_corrected)}{" "}
        {models.n_corrected === models.most ? <span class="soft small">{words.last(models.most)}</span> : null}
      </p>
      {isGoing(learning?.job) ? null : <LearnForm models={models} store={store} />}
      <div class="packed" role="status">
        {learning ? <JobProgress job={learning.job} words={words} /> : null}
        {learning?.job.state === "cancelled" ? <p class="small">{words.cancelled}</p> : null}
        {learning?.found ? <Learned found={learning.found} /> : null}
      </div>
    </section>
  );
}

function LearnForm({ models, store }: { models: Models; store: ModelsStore }) {
  const { models: words, signOff } = texts.value;
  const name = useSignal(NAME);
  const minutes = useSignal(MINUTES);
  if (!may("reviewer")) return <p class="soft small">{signOff.viewer}</p>;
  if (models.missing_packages.length) {
    return (
      <p class="remark small">
        {words.missing(models.missing_packages.join(", "))} <code>pip install 'hemolens[train]'</code>
      </p>
    );
  }
  if (models.n_corrected < models.fewest) return <p class="remark small">{words.tooFew(models.fewest)}</p>;
  return (
    <Form
      action={words.learn}
      isReady={name.value.trim() !== "" && Number(minutes.value) > 0}
      onSend={() => store.learn({ name: name.value.trim(), minutes: Number(minutes.value) })}
    >
      <Field label={words.name} value={name} hint={words.nameMeans} maxLength={64} required />
      <Field label={words.minutes} value={minutes} type="number" hint={words.minutesMean} required />
    </Form>
  );
}
