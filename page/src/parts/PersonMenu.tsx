import { logOut } from "../api/logIn";
import { may } from "../api/session";
import type { Schema } from "../api/client";
import { texts } from "../texts";

/** Who is logged in, with the ways to the account and out. */
export function PersonMenu({ person }: { person: Schema<"Person"> }) {
  const { shell } = texts.value;
  return (
    <>
      {may("admin") ? (
        <a class="quiet-link" href="/accounts">
          {shell.accounts}
        </a>
      ) : null}
      <a class="quiet-link" href="/account" title={shell.account}>
        {person.name}
      </a>
      <button class="quiet" type="button" onClick={() => void logOut()}>
        {shell.logOut}
      </button>
    </>
  );
}
