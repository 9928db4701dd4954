import { useSignal } from "@preact/signals";
import type { Schema } from "../../api/client";
import { texts } from "../../texts";

/** The secret of a token that was just made. */
export function Secret({ token }: { token: Schema<"TokenOnce"> }) {
  const { account: words } = texts.value;
  const isCopied = useSignal(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(token.secret);
    isCopied.value = true;
  };
  return (
    <div class="secret" role="status">
      <p>
        <strong>{token.name}</strong>: {words.secret}
      </p>
      <code>{token.secret}</code>
      {window.isSecureContext ? (
        <button type="button" onClick={() => void copy()}>
          {isCopied.value ? words.copied : words.copy}
        </button>
      ) : null}
    </div>
  );
}
