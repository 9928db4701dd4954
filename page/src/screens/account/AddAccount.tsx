import { useSignal } from "@preact/signals";
import { api } from "../../api/client";
import type { Role } from "../../api/session";
import { Field } from "../../parts/Field";
import { Form } from "../../parts/Form";
import { texts } from "../../texts";
import { LONGEST_PASSWORD, SHORTEST_PASSWORD } from "./passwordLength";
import { RoleChoice } from "./RoleChoice";

/** Makes an account for somebody. */
export function AddAccount({ onAdd }: { onAdd: () => void }) {
  const { account, accounts: words } = texts.value;
  const name = useSignal("");
  const password = useSignal("");
  const role = useSignal<Role>("reviewer");
  const add = async (): Promise<void> => {
    await api.POST("/api/accounts", { body: { name: name.value, password: password.value, role: role.value } });
    name.value = password.value = "";
    onAdd();
  };
  return (
    <section class="panel side-panel" aria-labelledby="add-account-title">
      <h2 id="add-account-title">{words.add}</h2>
      <Form
        action={words.add}
        isReady={name.value.trim() !== "" && password.value.length >= SHORTEST_PASSWORD}
        onSend={add}
      >
        <Field label={words.name} value={name} maxLength={200} required />
        <div class="field">
          <span class="field-name">{words.role}</span>
          <RoleChoice label={words.role} role={role.value} onRole={(wanted) => (role.value = wanted)} />
          <p class="soft small">{account.roles[role.value]}</p>
        </div>
        <Field
          label={words.password}
          value={password}
          type="password"
          autocomplete="new-password"
          hint={words.passwordMeans}
          maxLength={LONGEST_PASSWORD}
          required
        />
      </Form>
    </section>
  );
}
