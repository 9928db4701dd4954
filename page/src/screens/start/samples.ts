import { signal } from "@preact/signals";
import { api, done, type Schema } from "../../api/client";
import { listen } from "../../api/events";
import { refreshing } from "../../api/refreshing";

/** All samples, the newest first; null until they are known. */
export const samples = signal<Schema<"SampleSummary">[] | null>(null);

/** Keeps the list as it is at the service; gives a function that ends it. */
export function followSamples(onError: (error: unknown) => void): () => void {
  const refresh = refreshing(async () => {
    try {
      samples.value = await done(api.GET("/api/samples"));
    } catch (error) {
      onError(error);
    }
  });
  refresh();
  return listen(refresh, refresh);
}
