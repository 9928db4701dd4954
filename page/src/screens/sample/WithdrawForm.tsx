import { useSignal } from "@preact/signals";
import { api, done } from "../../api/client";
import { session } from "../../api/session";
import { Field } from "../../parts/Field";
import { Form } from "../../parts/Form";
import { texts } from "../../texts";
import type { Sample, SampleStore } from "./sampleStore";

const SHORTEST_REASON = 3;

/** Withdraws a sign-off, which needs a reason. */
export function WithdrawForm({ sample, store }: { sample: Sample; store: SampleStore }) {
  const { signOff: words } = texts.value;
  const name = useSignal("");
  const reason = useSignal("");
  const hasAccounts = session.value?.has_accounts ?? false;
  const withdraw = async (): Promise<void> => {
    const params = { path: { sample: sample.id } };
    const body = { name: hasAccounts ? null : name.value, reason: reason.value };
    store.take(await done(api.POST("/api/samples/{sample}/sign-off/withdrawal", { params, body })));
  };
  return (
    <details>
      <summary>{words.withdrawTitle}</summary>
      <Form
        onSend={withdraw}
        action={words.withdraw}
        isReady={reason.value.trim().length >= SHORTEST_REASON && (hasAccounts || name.value.trim() !== "")}
      >
        {hasAccounts ? null : <Field label={words.name} value={name} autocomplete="name" maxLength={200} required />}
        <Field label={words.reason} value={reason} minLength={SHORTEST_REASON} maxLength={2000} required isLong />
      </Form>
    </details>
  );
}
