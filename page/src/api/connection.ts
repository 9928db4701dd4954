import { signal } from "@preact/signals";

/** Whether the service does not answer; a bar says so, and what could not be sent is sent later. */
export const isLost = signal(false);

const LONGEST_WAIT_MS = 10_000;

/** How long to wait before the next attempt: a second, then twice as long each time, at most ten. */
export function waitBefore(attempt: number): number {
  return Math.min(1000 * 2 ** attempt, LONGEST_WAIT_MS);
}

/** Waits; ends early when the browser finds its network again or the caller gives up. */
export function pause(milliseconds: number, givenUp?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      globalThis.removeEventListener("online", end);
      givenUp?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    globalThis.addEventListener("online", end);
    givenUp?.addEventListener("abort", end);
  });
}
