import createClient from "openapi-fetch";
import type { Readable } from "openapi-typescript-helpers";
import { isLost, pause, waitBefore } from "./connection";
import type { components, paths } from "./schema";
import { session, type Session } from "./session";

/** A type of the API by its name, such as `Schema<"Sample">`, as calls answer it: pairs are arrays. */
export type Schema<Name extends keyof components["schemas"]> = Readable<components["schemas"][Name]>;

/** The service said no; its message is in its words. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    problem: Schema<"Problem">,
    /** After how many seconds it may be tried again, where the service said so. */
    readonly retryAfter: number | null = null,
  ) {
    super(problem.what);
    this.option = problem.option ?? null;
    this.conflict = problem.conflict ?? false;
  }
  readonly option: string | null;
  /** Whether somebody else has changed it meanwhile. */
  readonly conflict: boolean;
}

/** The service did not answer. Whether it did what it was asked is not known. */
export class ConnectionLost extends Error {}

/** Makes an error of an answer that is not a success; `body` is what was answered. */
export function refusalOf(status: number, body: string, retryAfter: string | null): Refusal {
  let problem: Schema<"Problem"> = { what: `the service answered ${status}`, conflict: false };
  try {
    const told: unknown = JSON.parse(body);
    if (typeof told === "object" && told !== null && "what" in told) problem = told as Schema<"Problem">;
  } catch {
    // something between here and the service answered; its page is not for people
  }
  const seconds = Number(retryAfter ?? Number.NaN);
  return new Refusal(status, problem, Number.isFinite(seconds) ? seconds : null);
}

/** Whether an answer comes from something in front of the service that does not reach it. */
export function isUnreached(status: number): boolean {
  return status === 502 || status === 504;
}

const SAFE = new Set(["GET", "HEAD"]);

async function fetchOnce(request: Request): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    isLost.value = true;
    throw new ConnectionLost();
  }
  isLost.value = isUnreached(answer.status);
  if (isLost.value) throw new ConnectionLost();
  return answer;
}

/** Sends what changes nothing until it is answered; anything else once. */
async function fetchUntilAnswered(request: Request): Promise<Response> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await fetchOnce(request.clone());
    } catch (error) {
      if (!(error instanceof ConnectionLost) || !SAFE.has(request.method)) throw error;
      await pause(waitBefore(attempt), request.signal);
    }
  }
}

/** Asks again who uses the page; after a restart the service wants another token. */
export async function loadSession(): Promise<Session> {
  const answer = await fetchUntilAnswered(new Request(new URL("/api/session", location.origin)));
  if (!answer.ok) throw refusalOf(answer.status, await answer.text(), null);
  return (session.value = (await answer.json()) as Session);
}

/** The answer to a refusal that may only mean that the session is another one by now: whether to ask once more. */
export async function sessionChanged(status: number): Promise<boolean> {
  if (status !== 401 && status !== 403) return false;
  const before = session.value?.csrf;
  const now = await loadSession();
  return now.person !== null && now.csrf !== before;
}

export const CSRF_HEADER = "X-CSRF-Token";

function withToken(request: Request): Request {
  const copy = request.clone();
  if (!SAFE.has(copy.method)) copy.headers.set(CSRF_HEADER, session.value?.csrf ?? "");
  return copy;
}

async function send(request: Request): Promise<Response> {
  let answer = await fetchUntilAnswered(withToken(request));
  if (!SAFE.has(request.method) && (await sessionChanged(answer.status))) {
    answer = await fetchUntilAnswered(withToken(request));
  } else if (answer.status === 401) {
    await loadSession();
  }
  if (!answer.ok) throw refusalOf(answer.status, await answer.text(), answer.headers.get("Retry-After"));
  return answer;
}

/** The API, typed by its description. Throws {@link Refusal} and {@link ConnectionLost}. */
export const api = createClient<paths>({ baseUrl: globalThis.location?.origin ?? "", fetch: send });

/** What was answered: `await done(api.GET("/api/samples"))`. */
export async function done<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return (await answer).data as T;
}
