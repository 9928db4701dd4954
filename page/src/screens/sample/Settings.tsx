import { useSignal } from "@preact/signals";
import { api, done, type Schema } from "../../api/client";
import { may, session } from "../../api/session";
import { Check } from "../../parts/Check";
import { Field } from "../../parts/Field";
import { Form } from "../../parts/Form";
import { texts } from "../../texts";
import { CounterChoice } from "./CounterChoice";
import { signOffOf, stateOf, type Sample, type SampleStore } from "./sampleStore";

/** How the photographs of a sample are counted. */
export function Settings({ sample, store }: { sample: Sample; store: SampleStore }) {
  const { common, settings: words } = texts.value;
  const counter = useSignal(sample.settings.counter ?? "auto");
  const diameter = useSignal(sample.settings.diameter_px?.toString() ?? "");
  const scale = useSignal(sample.settings.um_per_px?.toString() ?? "");
  const differential = useSignal(sample.settings.differential ?? false);
  const isCountedAgain = useSignal(false);
  const said = useSignal("");
  const countable = sample.photographs.filter((each) => stateOf(each) !== "open");

  const save = async (): Promise<void> => {
    const settings: Schema<"CountSettings"> = {
      counter: counter.value,
      diameter_px: numberIn(diameter.value),
      um_per_px: numberIn(scale.value),
      differential: differential.value,
    };
    said.value = "";
    const params = { path: { sample: sample.id } };
    store.take(await done(api.PATCH("/api/samples/{sample}", { params, body: { settings } })));
    for (const [n, { id }] of isCountedAgain.value ? countable.entries() : []) {
      said.value = words.counting(n, countable.length);
      await api.POST("/api/photographs/{photograph}/count", { params: { path: { photograph: id } }, body: {} });
    }
    isCountedAgain.value = false;
    said.value = words.saved;
  };

  if (!may("reviewer")) return null;
  return (
    <details class="panel side-panel">
      <summary>
        <h2>{words.title}</h2>
      </summary>
      {signOffOf(sample) ? (
        <p class="soft small">{words.signed}</p>
      ) : (
        <Form onSend={save} action={common.save}>
          <CounterChoice counter={counter} counters={session.value?.counters ?? []} />
          <Field label={words.diameter} value={diameter} type="number" hint={words.measured} />
          <Field label={words.scale} value={scale} type="number" hint={words.fromFile} />
          <Check
            isOn={differential.value}
            onChange={(isOn) => (differential.value = isOn)}
            name={words.differential}
            means={words.differentialMeans}
          />
          {countable.length ? (
            <Check
              isOn={isCountedAgain.value}
              onChange={(isOn) => (isCountedAgain.value = isOn)}
              name={words.countAgain(countable.length)}
              means={words.kept}
            />
          ) : null}
          <p class="small" role="status">
            {said.value}
          </p>
        </Form>
      )}
    </details>
  );
}

function numberIn(field: string): number | null {
  return field.trim() === "" ? null : Number(field);
}
