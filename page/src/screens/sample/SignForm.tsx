import { useSignal } from "@preact/signals";
import { api, done } from "../../api/client";
import { session } from "../../api/session";
import { Field } from "../../parts/Field";
import { Form } from "../../parts/Form";
import { texts } from "../../texts";
import type { Sample, SampleStore } from "./sampleStore";

/** Signs a sample: with one's account, or where there are none with a name. */
export function SignForm({ sample, store }: { sample: Sample; store: SampleStore }) {
  const { signOff: words } = texts.value;
  const name = useSignal("");
  const comment = useSignal("");
  const person = session.value?.has_accounts ? session.value.person : null;
  const sign = async (): Promise<void> => {
    const params = { path: { sample: sample.id } };
    const body = { name: person ? null : name.value, comment: comment.value };
    store.take(await done(api.POST("/api/samples/{sample}/sign-off", { params, body })));
  };
  return (
    <Form
      onSend={sign}
      action={person ? words.signAs(person.name) : words.sign}
      isReady={person !== null || name.value.trim() !== ""}
    >
      <p class="soft small">{words.means}</p>
      {person ? null : <Field label={words.name} value={name} autocomplete="name" maxLength={200} required />}
      <Field label={words.comment} value={comment} maxLength={2000} isLong />
    </Form>
  );
}
