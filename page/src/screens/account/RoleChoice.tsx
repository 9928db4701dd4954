import type { Role } from "../../api/session";
import { texts } from "../../texts";
import { ROLES } from "./roles";

interface Props {
  label: string;
  role: Role;
  onRole: (role: Role) => void;
  isFixed?: boolean;
}

/** Chooses what an account may do. */
export function RoleChoice({ label, role, onRole, isFixed = false }: Props) {
  return (
    <select
      aria-label={label}
      value={role}
      disabled={isFixed}
      onChange={(event) => onRole(event.currentTarget.value as Role)}
    >
      {ROLES.map((each) => (
        <option key={each} value={each} selected={each === role}>
          {texts.value.accounts.roles[each]}
        </option>
      ))}
    </select>
  );
}
