import { useSignal } from "@preact/signals";
import { api, type Schema } from "../../api/client";
import { session } from "../../api/session";
import { Complaint } from "../../parts/Complaint";
import { Confirm } from "../../parts/Confirm";
import { Dialog } from "../../parts/Dialog";
import { useAction } from "../../parts/useAction";
import { wordsOf } from "../../parts/words";
import { texts } from "../../texts";
import { NewPassword } from "./NewPassword";
import { RoleChoice } from "./RoleChoice";

interface Props {
  account: Schema<"Account">;
  onChange: () => void;
}

/** An account: its role, whether it is locked, and what an admin can do with it. */
export function AccountRow({ account, onChange }: Props) {
  const { accounts: words, common } = texts.value;
  const isDeleting = useSignal(false);
  const isSettingPassword = useSignal(false);
  const complaint = useSignal<string | null>(null);
  const params = { path: { account: account.id } };
  const change = async (body: Schema<"AccountChange">): Promise<void> => {
    complaint.value = null;
    try {
      await api.PATCH("/api/accounts/{account}", { params, body });
    } catch (error) {
      complaint.value = wordsOf(error);
    }
    onChange();
  };
  const remove = useAction(async () => {
    await api.DELETE("/api/accounts/{account}", { params });
    onChange();
  });
  const isOwn = session.value?.person?.name === account.name;
  return (
    <li class="row">
      <span class="account-name">
        {account.name} {isOwn ? <span class="soft small">({words.you})</span> : null}{" "}
        {account.is_active ? null : <span class="badge badge-bad">{words.locked}</span>}
      </span>
      <div class="buttons account-actions">
        <RoleChoice
          label={`${words.role}: ${account.name}`}
          role={account.role}
          isFixed={isOwn}
          onRole={(role) => void change({ role })}
        />
        <button type="button" disabled={isOwn} onClick={() => (isSettingPassword.value = true)}>
          {words.setPassword}
        </button>
        <button type="button" disabled={isOwn} onClick={() => void change({ is_active: !account.is_active })}>
          {account.is_active ? words.lock : words.unlock}
        </button>
        <button type="button" class="danger" disabled={isOwn} onClick={() => (isDeleting.value = true)}>
          {common.delete}
        </button>
      </div>
      <Complaint words={complaint.value ?? remove.complaint} />
      <Confirm isOpen={isDeleting} title={words.deleteTitle} action={common.delete} onConfirm={remove.run}>
        {words.deleteMeans(account.name)}
      </Confirm>
      <Dialog isOpen={isSettingPassword} title={words.setPasswordOf(account.name)}>
        <NewPassword account={account} onEnd={() => (isSettingPassword.value = false)} />
      </Dialog>
    </li>
  );
}
