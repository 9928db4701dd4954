import { signal, type Signal } from "@preact/signals";
import { api, done, type Schema } from "../../api/client";
import { listen } from "../../api/events";
import { isGoing } from "../../parts/JobProgress";

export type Job = Schema<"Job">;

/** Results of a sample that were asked for. */
export interface Packed {
  job: Signal<Job | null>;
  /** Whether the sample has changed since they were asked for. */
  isOutdated: Signal<boolean>;
}

const packed = new Map<string, Packed>();

/** The last results that were asked for in this window. */
export function resultsOf(sample: string): Packed {
  const known = packed.get(sample) ?? { job: signal<Job | null>(null), isOutdated: signal(false) };
  packed.set(sample, known);
  return known;
}

/** Keeps the results of a sample up to date; gives a function that ends it. */
export function followResults(sample: string): () => void {
  const { job, isOutdated } = resultsOf(sample);
  const read = async (): Promise<void> => {
    const now = job.value;
    if (now === null || !isGoing(now)) return;
    job.value = await done(api.GET("/api/jobs/{job}", { params: { path: { job: now.id } } })).catch(() => null);
  };
  return listen(
    (change) => {
      if (change.sample !== sample) return;
      if (change.kind !== "job") isOutdated.value = true;
      else if (change.details["job"] !== job.value?.id) return;
      else if (job.value && change.details["state"] === "running") {
        job.value = { ...job.value, state: "running", progress: Number(change.details["progress"]) };
      } else void read();
    },
    () => void read(),
  );
}

/** Has the results packed. */
export async function pack(sample: string, body: Schema<"ResultsWanted">): Promise<void> {
  const results = resultsOf(sample);
  results.job.value = await done(api.POST("/api/samples/{sample}/results", { params: { path: { sample } }, body }));
  results.isOutdated.value = false;
}
