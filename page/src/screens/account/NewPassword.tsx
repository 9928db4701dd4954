import { useSignal } from "@preact/signals";
import { api, type Schema } from "../../api/client";
import { Field } from "../../parts/Field";
import { Form } from "../../parts/Form";
import { texts } from "../../texts";
import { LONGEST_PASSWORD, SHORTEST_PASSWORD } from "./passwordLength";

/** Sets another password for an account. */
export function NewPassword({ account, onEnd }: { account: Schema<"Account">; onEnd: () => void }) {
  const { accounts: words } = texts.value;
  const password = useSignal("");
  const set = async (): Promise<void> => {
    const params = { path: { account: account.id } };
    await api.PATCH("/api/accounts/{account}", { params, body: { password: password.value } });
    onEnd();
  };
  return (
    <Form action={words.setPassword} isReady={password.value.length >= SHORTEST_PASSWORD} onSend={set}>
      <Field
        label={words.setPassword}
        value={password}
        type="password"
        autocomplete="new-password"
        hint={words.passwordMeans}
        maxLength={LONGEST_PASSWORD}
        required
      />
    </Form>
  );
}
