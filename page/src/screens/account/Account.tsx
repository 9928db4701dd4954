import { session } from "../../api/session";
import { useTitle } from "../../parts/useTitle";
import { texts } from "../../texts";
import { Password } from "./Password";
import { Tokens } from "./Tokens";

/** One's own account: role, password, tokens. */
export function Account() {
  const { account: words, common } = texts.value;
  useTitle(words.title);
  const person = session.value?.person;
  if (!session.value?.has_accounts || !person) return <p class="empty">{common.nothingHere}</p>;
  return (
    <div class="account">
      <div>
        <h1>{person.name}</h1>
        <p class="soft">{words.roles[person.role]}</p>
      </div>
      <Password />
      <Tokens />
    </div>
  );
}
