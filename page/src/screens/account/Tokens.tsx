import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api, done, type Schema } from "../../api/client";
import { Complaint } from "../../parts/Complaint";
import { Field } from "../../parts/Field";
import { Form } from "../../parts/Form";
import { when } from "../../parts/format";
import { useAction } from "../../parts/useAction";
import { texts } from "../../texts";
import { Secret } from "./Secret";

/** What programs show in place of one's password: made, listed, revoked. */
export function Tokens() {
  const { account: words } = texts.value;
  const tokens = useSignal<Schema<"Token">[] | null>(null);
  const name = useSignal("");
  const made = useSignal<Schema<"TokenOnce"> | null>(null);
  const read = useAction(async () => void (tokens.value = await done(api.GET("/api/tokens"))));
  useEffect(read.run, []);
  const make = async (): Promise<void> => {
    made.value = await done(api.POST("/api/tokens", { body: { name: name.value } }));
    name.value = "";
    read.run();
  };
  return (
    <section class="panel side-panel" aria-labelledby="tokens-title">
      <h2 id="tokens-title">{words.tokens}</h2>
      <p class="soft small">{words.tokensMean}</p>
      <Form action={words.makeToken} isReady={name.value.trim() !== ""} onSend={make}>
        <Field label={words.tokenName} value={name} maxLength={200} required />
      </Form>
      {made.value ? <Secret token={made.value} /> : null}
      <Complaint words={read.complaint} />
      {tokens.value?.length === 0 ? <p class="soft small">{words.noTokens}</p> : null}
      <ul class="rows">
        {tokens.value?.map((each) => (
          <TokenRow key={each.id} token={each} onChange={read.run} />
        ))}
      </ul>
    </section>
  );
}

function TokenRow({ token, onChange }: { token: Schema<"Token">; onChange: () => void }) {
  const { account: words } = texts.value;
  const revoke = useAction(async () => {
    await api.DELETE("/api/tokens/{token}", { params: { path: { token: token.id } } });
    onChange();
  });
  const facts = [words.made(when(token.created_at)), token.used_at ? words.used(when(token.used_at)) : words.unused];
  if (token.revoked_at) facts.push(words.revoked(when(token.revoked_at)));
  return (
    <li class="row">
      <span>
        {token.name} <span class="soft small">{facts.join(", ")}</span>
      </span>
      {token.revoked_at ? null : (
        <button type="button" class="danger" disabled={revoke.isBusy} onClick={revoke.run}>
          {words.revoke}
        </button>
      )}
      <Complaint words={revoke.complaint} />
    </li>
  );
}
