import { signal, type ReadonlySignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { api, done, Refusal, type Schema } from "../../api/client";
import { listen, type Change } from "../../api/events";
import { refreshing } from "../../api/refreshing";
import { wordsOf } from "../../parts/words";

export type Sample = Schema<"Sample">;
export type Photograph = Schema<"Photograph">;

/** A sample as it is at the service. */
export interface SampleStore {
  /** Null until it is known. */
  sample: ReadonlySignal<Sample | null>;
  isGone: ReadonlySignal<boolean>;
  complaint: ReadonlySignal<string | null>;
  /** Takes what the service has just answered. */
  take: (sample: Sample) => void;
  refresh: () => void;
}

/** Follows a sample while a screen shows it. */
export function useSample(id: string): SampleStore {
  const store = useMemo(() => followable(id), [id]);
  useEffect(() => store.follow(), [store]);
  return store;
}

function followable(id: string): SampleStore & { follow: () => () => void } {
  const sample = signal<Sample | null>(null);
  const isGone = signal(false);
  const complaint = signal<string | null>(null);
  const refresh = refreshing(async () => {
    try {
      sample.value = await done(api.GET("/api/samples/{sample}", { params: { path: { sample: id } } }));
      complaint.value = null;
    } catch (error) {
      if (error instanceof Refusal && error.status === 404) isGone.value = true;
      else complaint.value = wordsOf(error);
    }
  });
  const change = (each: Change): void => {
    if (each.sample !== id) return;
    const after = sample.value && afterProgress(sample.value, each);
    if (after) sample.value = after;
    else if (!isOfResults(each)) refresh();
  };
  return {
    sample,
    isGone,
    complaint,
    refresh,
    take: (now) => (sample.value = now),
    follow: () => {
      refresh();
      return listen(change, refresh);
    },
  };
}

function isOfResults(change: Change): boolean {
  return change.kind === "job" && change.photograph === null;
}

/** The sample after a photograph's job has come further; null where more than that may have changed. */
export function afterProgress(sample: Sample, change: Change): Sample | null {
  if (change.kind !== "job" || change.details["state"] !== "running") return null;
  const photographs = sample.photographs.map((each) =>
    each.job !== null && each.job.id === change.details["job"]
      ? { ...each, job: { ...each.job, state: "running" as const, progress: Number(change.details["progress"]) } }
      : each,
  );
  return photographs.every((each, n) => each === sample.photographs[n]) ? null : { ...sample, photographs };
}

/** The sign-off that holds; undefined where nobody stands up for the sample. */
export function signOffOf(sample: Sample): Schema<"SignOff"> | undefined {
  const last = sample.sign_offs.at(-1);
  return last?.withdrawn_at === null ? last : undefined;
}

export type PhotographState = "open" | "counted" | "failed" | "cancelled";

/** How far a photograph is: what its last job says, or the count that it has from before. */
export function stateOf({ job, count }: Photograph): PhotographState {
  if (job?.state === "queued" || job?.state === "running") return "open";
  if (job?.state === "failed") return "failed";
  if (count !== null) return "counted";
  return job?.state === "cancelled" ? "cancelled" : "open";
}

export const FILTERS = ["all", "open", "failed", "remarked", "unchecked"] as const;
export type Filter = (typeof FILTERS)[number];

/** How many cells of a photograph a person should look at. */
export function unsureOf({ count }: Photograph): number {
  return Object.values(count?.numbers ?? {}).reduce((sum, each) => sum + (each.unsure ?? 0), 0);
}

/** Whether a filter lets a photograph through. */
export function passes(photograph: Photograph, filter: Filter): boolean {
  switch (filter) {
    case "all":
      return true;
    case "open":
    case "failed":
      return stateOf(photograph) === filter;
    case "remarked":
      return photograph.count !== null && photograph.count.quality.verdict !== "accept";
    case "unchecked":
      return unsureOf(photograph) > 0;
  }
}
