import { api, done, loadSession, type Schema } from "./client";
import { session } from "./session";

/** Logs in; throws a `Refusal` where the name or the password is wrong. */
export async function logIn(login: Schema<"Login">): Promise<void> {
  session.value = await done(api.POST("/api/session", { body: login }));
}

/** Logs out; the page then asks who is there. */
export async function logOut(): Promise<void> {
  await api.DELETE("/api/session").catch(() => undefined); // a session that is over already is what is wanted
  await loadSession();
}
