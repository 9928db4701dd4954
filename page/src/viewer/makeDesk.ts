/** Puts the parts of a review together, and keeps them in step with the service. */
import { computed, signal } from "@preact/signals";
import { api, done, Refusal } from "../api/client";
import { listen } from "../api/events";
import { refreshing } from "../api/refreshing";
import { may, session } from "../api/session";
import { go, reviewPath } from "../parts/router";
import { texts } from "../texts";
import { commandsOf } from "./commands";
import type { Desk } from "./desk";
import { browserStorage, Outbox } from "./outbox";
import type { Picture, View } from "./picture";
import { reviewApi } from "./reviewApi";
import { ReviewStore } from "./reviewStore";
import { ReviewView } from "./reviewView";
import { Tools } from "./tools";
import type { CellType, Sample } from "./types";

/** Whoever goes on to the next photograph from the gallery comes to its gallery. */
let galleryKept: CellType | null = null;

export function makeDesk(photographId: string): Desk {
  const person = session.value?.person?.name ?? "";
  const ownApi = reviewApi(photographId);
  const store = new ReviewStore(ownApi, person, (count) => new Outbox(browserStorage(), person, count));
  const sample = signal<Sample | null>(null);
  const picture = signal<Picture | null>(null);
  const readOnly = computed(() => {
    const words = texts.value.review;
    const last = sample.value?.sign_offs.at(-1);
    if (last && !last.withdrawn_at) return words.readOnlySigned(last.signed_by);
    return may("reviewer") ? null : words.readOnlyRole;
  });
  const mayChange = (): boolean => readOnly.value === null && store.isLoaded.value;
  const view = new ReviewView(store, mayChange);
  view.gallery.value = galleryKept;
  galleryKept = null;
  const around = () => {
    const others = sample.value?.photographs ?? [];
    const position = others.findIndex((each) => each.id === photographId);
    const to = (step: 1 | -1) => {
      const other = position < 0 ? undefined : others[position + step];
      if (!other) return null;
      return () => {
        galleryKept = view.gallery.value;
        go(reviewPath(other.sample, other.id));
      };
    };
    return { previous: to(-1), next: to(1) };
  };
  const tools = new Tools(store, view, mayChange);
  const commands = commandsOf(store, view, tools, () => picture.value, mayChange, around);
  const placed = signal<View | null>(null);
  return { api: ownApi, store, view, tools, commands, sample, readOnly, picture, placed };
}

/** Load what the desk shows, and again whenever it has changed; gives a function that ends it. */
export function keepInStep({ store, sample }: Desk, sampleId: string, photographId: string): () => void {
  const readSample = refreshing(async () => {
    const params = { path: { sample: sampleId } };
    sample.value = await untilDeleted(() => done(api.GET("/api/samples/{sample}", { params })), sample.value);
  });
  const readCells = refreshing(async () => {
    await untilDeleted(() => store.catchUp(), undefined);
  });
  const catchUp = (): void => {
    readSample();
    readCells();
  };
  catchUp();
  const end = listen(({ kind, sample: changed, photograph, details }) => {
    if (changed !== sampleId) return;
    const isDifferential = kind === "correction" && store.count.value?.differential != null;
    if (kind === "sample" || kind === "sign-off" || kind === "deleted" || isDifferential) readSample();
    if (photograph !== photographId) return;
    if (kind !== "correction" || store.isNews(Number(details["seq"]))) readCells();
  }, catchUp);
  return () => {
    end();
    store.close();
  };

  async function untilDeleted<T>(read: () => Promise<T>, otherwise: T): Promise<T> {
    try {
      return await read();
    } catch (problem) {
      if (!(problem instanceof Refusal)) throw problem;
      if (problem.status === 404) store.failure.value = problem.message;
      return otherwise;
    }
  }
}
