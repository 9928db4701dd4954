import { useSignal } from "@preact/signals";
import { logIn } from "../../api/logIn";
import { Field } from "../../parts/Field";
import { Form } from "../../parts/Form";
import { useTitle } from "../../parts/useTitle";
import { texts } from "../../texts";
import { LONGEST_PASSWORD } from "./passwordLength";

/** Asks who is there. */
export function LogIn() {
  const { logIn: words } = texts.value;
  const name = useSignal("");
  const password = useSignal("");
  useTitle(words.title);
  return (
    <section class="panel log-in" aria-labelledby="log-in-title">
      <h1 id="log-in-title">{words.title}</h1>
      <Form action={words.logIn} onSend={() => logIn({ name: name.value, password: password.value })}>
        <Field label={words.name} value={name} autocomplete="username" maxLength={200} required />
        <Field
          label={words.password}
          value={password}
          type="password"
          autocomplete="current-password"
          maxLength={LONGEST_PASSWORD}
          required
        />
      </Form>
      <p class="soft small">{words.forgotten}</p>
    </section>
  );
}
