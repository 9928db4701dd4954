import { useSignal } from "@preact/signals";
import { api, done, type Schema } from "../../api/client";
import { may, session } from "../../api/session";
import { Complaint } from "../../parts/Complaint";
import { Field } from "../../parts/Field";
import { Form } from "../../parts/Form";
import { useAction } from "../../parts/useAction";
import { texts } from "../../texts";
import { signOffOf, stateOf, type Sample, type SampleStore } from "./sampleStore";

/** How the photographs of a sample are counted. */
export function Settings({ sample, store }: { sample: Sample; store: SampleStore }) {
  const { settings: words } = texts.value;
  const counter = useSignal(sample.settings.counter ?? "auto");
  const diameter = useSignal(sample.settings.diameter_px?.toString() ?? "");
  const scale = useSignal(sample.settings.um_per_px?.toString() ?? "");
  const isSaved = useSignal(false);
  const handedOver = useSignal<number | null>(null);
  const countable = sample.photographs.filter((each) => stateOf(each) !== "open");

  const save = async (): Promise<void> => {
    const settings: Schema<"CountSettings"> = {
      counter: counter.value,
      diameter_px: numberIn(diameter.value),
      um_per_px: numberIn(scale.value),
    };
    const params = { path: { sample: sample.id } };
    store.take(await done(api.PATCH("/api/samples/{sample}", { params, body: { settings } })));
    isSaved.value = true;
  };
  const countAgain = useAction(async () => {
    const wanted = countable.map((each) => each.id);
    await save();
    try {
      for (const [n, photograph] of wanted.entries()) {
        handedOver.value = n;
        await api.POST("/api/photographs/{photograph}/count", { params: { path: { photograph } }, body: {} });
      }
    } finally {
      handedOver.value = null;
    }
  });

  if (!may("reviewer")) return null;
  return (
    <details class="panel side-panel">
      <summary>
        <h2>{words.title}</h2>
      </summary>
      {signOffOf(sample) ? (
        <p class="soft small">{words.signed}</p>
      ) : (
        <>
          <Form onSend={save} action={words.save}>
            <label class="field">
              <span class="field-name">{words.counter}</span>
              <select value={counter.value} onChange={(event) => (counter.value = event.currentTarget.value)}>
                {session.value?.counters.map((each) => (
                  <option key={each} value={each}>
                    {each === "auto" ? words.auto : each}
                  </option>
                ))}
              </select>
            </label>
            <Field label={words.diameter} value={diameter} type="number" hint={words.measured} />
            <Field label={words.scale} value={scale} type="number" hint={words.fromFile} />
          </Form>
          {countable.length ? (
            <div class="count-again">
              <button type="button" disabled={countAgain.isBusy} onClick={countAgain.run}>
                {words.saveAndCount(countable.length)}
              </button>
              <p class="soft small" role="status">
                {handedOver.value === null ? words.kept : words.counting(handedOver.value, countable.length)}
              </p>
              <Complaint words={countAgain.complaint} />
            </div>
          ) : null}
          <p class="small" role="status">
            {isSaved.value ? words.saved : ""}
          </p>
        </>
      )}
    </details>
  );
}

function numberIn(field: string): number | null {
  return field.trim() === "" ? null : Number(field);
}
