import type { Schema } from "../../api/client";
import { when } from "../../parts/format";
import { texts } from "../../texts";

/** A sign-off that was withdrawn. */
export function SignOffEntry({ signOff }: { signOff: Schema<"SignOff"> }) {
  const { signOff: words } = texts.value;
  return (
    <li class="small">
      <p>{words.signed(signOff.signed_by, when(signOff.signed_at))}</p>
      {signOff.comment ? <p class="soft">{signOff.comment}</p> : null}
      {signOff.withdrawn_by && signOff.withdrawn_at ? (
        <p>
          {words.withdrawn(signOff.withdrawn_by, when(signOff.withdrawn_at))}: {signOff.reason}
        </p>
      ) : null}
    </li>
  );
}
