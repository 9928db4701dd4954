/**
 * Makes a function that loads something again: never twice at a time, and not more often than every `leastMs`.
 *
 * Calls while it waits or loads are answered together by one more load afterwards.
 */
export function refreshing(load: () => Promise<void>, leastMs = 400): () => void {
  let state: "idle" | "busy" | "busy, wanted again" = "idle";
  const run = async (): Promise<void> => {
    const began = Date.now();
    try {
      await load();
    } finally {
      const took = Date.now() - began;
      setTimeout(
        () => {
          const again = state === "busy, wanted again";
          state = again ? "busy" : "idle";
          if (again) void run();
        },
        Math.max(leastMs, took),
      );
    }
  };
  return () => {
    if (state === "idle") {
      state = "busy";
      void run();
    } else state = "busy, wanted again";
  };
}
