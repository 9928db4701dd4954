import { signal, type ReadonlySignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { api, done, type Schema } from "../../api/client";
import { listen, type Change } from "../../api/events";
import { refreshing } from "../../api/refreshing";
import { wordsOf } from "../../parts/words";

export type Models = Schema<"Models">;

/** The models as they are at the service. */
export interface ModelsStore {
  /** Null until they are known. */
  models: ReadonlySignal<Models | null>;
  complaint: ReadonlySignal<string | null>;
  learn: (body: Schema<"LearningWanted">) => Promise<void>;
  choose: (name: string) => Promise<void>;
}

/** Follows the models while a screen shows them. */
export function useModels(): ModelsStore {
  const store = useMemo(followable, []);
  useEffect(() => store.follow(), [store]);
  return store;
}

function followable(): ModelsStore & { follow: () => () => void } {
  const models = signal<Models | null>(null);
  const complaint = signal<string | null>(null);
  const refresh = refreshing(async () => {
    try {
      models.value = await done(api.GET("/api/models"));
      complaint.value = null;
    } catch (error) {
      complaint.value = wordsOf(error);
    }
  });
  const change = (each: Change): void => {
    const after = models.value && afterProgress(models.value, each);
    if (after) models.value = after;
    else if (each.sample === null || each.kind === "sign-off" || each.kind === "deleted") refresh();
  };
  return {
    models,
    complaint,
    learn: async (body) => {
      await api.POST("/api/models", { body });
      refresh();
    },
    choose: async (name) => {
      models.value = await done(api.PUT("/api/models/default", { body: { name } }));
    },
    follow: () => {
      refresh();
      return listen(change, refresh);
    },
  };
}

/** The models after learning has come further; null where more than that may have changed. */
export function afterProgress(models: Models, change: Change): Models | null {
  const { learning } = models;
  if (!learning || change.details["state"] !== "running" || change.details["job"] !== learning.job.id) return null;
  const job = { ...learning.job, state: "running" as const, progress: Number(change.details["progress"]) };
  return { ...models, learning: { ...learning, job } };
}
