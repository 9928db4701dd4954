import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { api, ConnectionLost, CSRF_HEADER, done, Refusal, refusalOf } from "./client";
import { isLost } from "./connection";
import { session, type Session } from "./session";

const answer = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
const told = (csrf: string, person: Session["person"] = { name: "A", role: "admin" }): Session =>
  ({ person, csrf }) as Session;

let asked: Request[];

/** Lets the service answer one thing after the other; an Error is a connection that breaks. */
function serve(...answers: (Response | Error)[]): void {
  vi.stubGlobal("fetch", async (request: Request) => {
    asked.push(request);
    const next = answers.shift();
    if (next === undefined) throw new Error("asked too often");
    if (next instanceof Error) throw next;
    return next;
  });
}

beforeEach(() => {
  asked = [];
  session.value = told("first");
  isLost.value = false;
  vi.stubGlobal("location", { origin: "http://here" });
  vi.stubGlobal("addEventListener", () => undefined);
  vi.stubGlobal("removeEventListener", () => undefined);
  vi.useFakeTimers();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const rename = () =>
  done(
    api.PATCH("/api/samples/{sample}", {
      baseUrl: "http://here",
      params: { path: { sample: "s" } },
      body: { name: "n" },
    }),
  );
const list = () => done(api.GET("/api/samples", { baseUrl: "http://here" }));

describe("what is asked", () => {
  it("carries the token where something changes", async () => {
    serve(answer({}), answer([]));
    await rename();
    await list();
    expect(asked.map((each) => each.headers.get(CSRF_HEADER))).toEqual(["first", null]);
  });

  it("is asked again with the token of the service's new start", async () => {
    serve(answer({ what: "forged" }, 403), answer(told("second")), answer({ name: "n" }));
    expect(await rename()).toEqual({ name: "n" });
    expect(asked.at(-1)?.headers.get(CSRF_HEADER)).toBe("second");
  });

  it("is refused where the token is still the same", async () => {
    serve(answer({ what: "not yours" }, 403), answer(told("first")));
    await expect(rename()).rejects.toThrow("not yours");
  });

  it("leads to logging in where the session is over", async () => {
    serve(answer({ what: "log in first" }, 401), answer(told("second", null)));
    await expect(list()).rejects.toThrow("log in first");
    expect(session.value?.person).toBeNull();
  });
});

describe("a lost connection", () => {
  it("is waited for when something is read", async () => {
    serve(new TypeError("network"), answer("", 502), answer(["there"]));
    const reading = list();
    await vi.advanceTimersByTimeAsync(500);
    expect(isLost.value).toBe(true);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await reading).toEqual(["there"]);
    expect(isLost.value).toBe(false);
  });

  it("is told when something was to be changed, which is not sent twice", async () => {
    serve(new TypeError("network"));
    await expect(rename()).rejects.toBeInstanceOf(ConnectionLost);
    expect(asked).toHaveLength(1);
  });
});

describe("a refusal", () => {
  it("keeps the words of the service", () => {
    const refusal = refusalOf(409, JSON.stringify({ what: "signed off", option: null, conflict: true }), null);
    expect([refusal.message, refusal.conflict]).toEqual(["signed off", true]);
    expect(refusal).toBeInstanceOf(Refusal);
  });

  it("shows no page of a proxy", () => {
    expect(refusalOf(500, "<html>", "3")).toMatchObject({ message: "the service answered 500", retryAfter: 3 });
  });
});
