import type { Role } from "../../api/session";

/** From the one who only looks to the one who may do everything. */
export const ROLES: readonly Role[] = ["viewer", "reviewer", "admin"];
