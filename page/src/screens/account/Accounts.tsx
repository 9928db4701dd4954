import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api, done, type Schema } from "../../api/client";
import { may } from "../../api/session";
import { Complaint } from "../../parts/Complaint";
import { useAction } from "../../parts/useAction";
import { useTitle } from "../../parts/useTitle";
import { texts } from "../../texts";
import { AccountRow } from "./AccountRow";
import { AddAccount } from "./AddAccount";

/** Who may use the service; for admins. */
export function Accounts() {
  const { accounts: words } = texts.value;
  const accounts = useSignal<Schema<"Account">[] | null>(null);
  const read = useAction(async () => void (accounts.value = await done(api.GET("/api/accounts"))));
  const mayLookAfter = may("admin");
  useTitle(words.title);
  useEffect(() => {
    if (mayLookAfter) read.run();
  }, [mayLookAfter]);
  if (!mayLookAfter) return <p class="empty">{words.forbidden}</p>;
  return (
    <div class="account">
      <h1>{words.title}</h1>
      <Complaint words={read.complaint} />
      <ul class="panel rows">
        {accounts.value?.map((each) => (
          <AccountRow key={each.id} account={each} onChange={read.run} />
        ))}
      </ul>
      <AddAccount onAdd={read.run} />
    </div>
  );
}
