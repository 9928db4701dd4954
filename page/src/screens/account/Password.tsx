import { useSignal } from "@preact/signals";
import { api, loadSession } from "../../api/client";
import { session } from "../../api/session";
import { Field } from "../../parts/Field";
import { Form } from "../../parts/Form";
import { texts } from "../../texts";
import { LONGEST_PASSWORD, SHORTEST_PASSWORD } from "./passwordLength";

/** Changes one's own password. */
export function Password() {
  const { account: words } = texts.value;
  const old = useSignal("");
  const wanted = useSignal("");
  const again = useSignal("");
  const isChanged = useSignal(false);
  const differ = again.value !== "" && again.value !== wanted.value;
  const change = async (): Promise<void> => {
    isChanged.value = false;
    await api.POST("/api/account/password", { body: { old: old.value, new: wanted.value } });
    old.value = wanted.value = again.value = "";
    isChanged.value = true;
    await loadSession(); // the service may have begun a new one
  };
  return (
    <section class="panel side-panel" aria-labelledby="password-title">
      <h2 id="password-title">{words.password}</h2>
      <Form
        action={words.change}
        isReady={old.value !== "" && wanted.value.length >= SHORTEST_PASSWORD && wanted.value === again.value}
        onSend={change}
      >
        <input hidden autocomplete="username" value={session.value?.person?.name ?? ""} readOnly />
        <Field label={words.old} value={old} type="password" autocomplete="current-password" required />
        <Field
          label={words.new}
          value={wanted}
          type="password"
          autocomplete="new-password"
          hint={words.rule}
          maxLength={LONGEST_PASSWORD}
          required
        />
        <Field label={words.again} value={again} type="password" autocomplete="new-password" required />
        <p class="small" role="status">
          {differ ? words.different : isChanged.value ? words.changed : ""}
        </p>
      </Form>
    </section>
  );
}
