import { loadSession } from "./client";
import { isLost, pause, waitBefore } from "./connection";

/** One message of the stream: `Event` in schemas.py, which the description of the API does not contain. */
export interface Change {
  id: number;
  kind: "sample" | "photograph" | "job" | "correction" | "sign-off" | "deleted" | "default model";
  sample: string | null;
  photograph: string | null;
  /** Of a job its `job` (id), `state` and `progress`; of a correction its `seq` and `actor`. */
  details: Record<string, number | string | null>;
}

interface Listener {
  change: (change: Change) => void;
  catchUp: () => void;
}

const listeners = new Set<Listener>();
let source: EventSource | null = null;
let failures = 0;

/**
 * Tells of everything that changes from now on.
 *
 * `catchUp` is called whenever changes may have been missed: the stream has just been opened, for the first time or
 * again. Gives a function that ends it.
 */
export function listen(change: Listener["change"], catchUp: Listener["catchUp"]): () => void {
  const listener = { change, catchUp };
  listeners.add(listener);
  if (source === null) open();
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) close();
  };
}

function open(): void {
  if (document.visibilityState === "hidden") return; // a browser opens only six connections for all its tabs
  source = new EventSource("/api/events");
  source.addEventListener("open", () => {
    isLost.value = false;
    failures = 0;
    for (const listener of [...listeners]) listener.catchUp();
  });
  source.addEventListener("change", (message) => {
    const change = JSON.parse((message as MessageEvent<string>).data) as Change;
    for (const listener of [...listeners]) listener.change(change);
  });
  source.addEventListener("error", (problem) => void reopen(problem.target as EventSource));
}

function close(): void {
  source?.close();
  source = null;
}

/** The browser connects again by itself after a loss, not after a refusal; then the session may be over. */
async function reopen(failed: EventSource): Promise<void> {
  if (failed.readyState !== EventSource.CLOSED) {
    isLost.value = true;
    return;
  }
  await pause(waitBefore(failures++));
  await loadSession().catch(() => undefined); // a service that is too busy for that is asked again
  if (source !== failed) return;
  close();
  open();
}

globalThis.document?.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") close();
  else if (source === null && listeners.size > 0) open();
});
