import { signal } from "@preact/signals";
import type { components } from "./schema";

export type Session = components["schemas"]["Session"];
export type Role = components["schemas"]["Person"]["role"];

/** Who uses the page and what the service can do; null until it has answered. */
export const session = signal<Session | null>(null);

const RANK: Record<Role, number> = { viewer: 0, reviewer: 1, admin: 2 };

/** Whether the person may do what needs a role. */
export function may(role: Role): boolean {
  const person = session.value?.person;
  return person != null && RANK[person.role] >= RANK[role];
}
