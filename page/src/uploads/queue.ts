import { computed, signal, type Signal } from "@preact/signals";
import { ConnectionLost, Refusal, type Schema } from "../api/client";

type Photograph = Schema<"Photograph">;

export type UploadState = "waiting" | "sending" | "interrupted" | "failed" | "done";

/** A photograph on its way to a sample. */
export interface Upload {
  key: number;
  sample: string;
  file: File;
  state: Signal<UploadState>;
  /** Bytes that have left. */
  sent: Signal<number>;
  /** Why the service does not take it. */
  error: Signal<unknown>;
  /** What it has become. */
  photograph: Photograph | null;
  givenUp: AbortController;
}

/** What a queue needs of the world. */
export interface World {
  send: (
    sample: string,
    file: File,
    options: { onProgress: (sent: number) => void; givenUp: AbortSignal },
  ) => Promise<Photograph>;
  /** Photographs of a sample; waits for the connection. */
  photographsOf: (sample: string, givenUp: AbortSignal) => Promise<Photograph[]>;
  pause: (milliseconds: number, givenUp: AbortSignal) => Promise<void>;
}

export const AT_ONCE = 3;
const BUSY_SECONDS = 5;
const MOST_ATTEMPTS = 20;

/** Sends photographs, three at a time. What the connection interrupts is sent again once it is back. */
export class UploadQueue {
  readonly uploads = signal<Upload[]>([]);
  /** Those that are still to come. */
  readonly pending = computed(() => this.uploads.value.filter((each) => isPending(each.state.value)));
  readonly failed = computed(() => this.uploads.value.filter((each) => each.state.value === "failed"));
  #next = 0;
  #active = 0;

  constructor(private readonly world: World) {}

  add(sample: string, files: readonly File[]): void {
    const added = files.map((file): Upload => ({
      key: this.#next++,
      sample,
      file,
      state: signal<UploadState>("waiting"),
      sent: signal(0),
      error: signal<unknown>(null),
      photograph: null,
      givenUp: new AbortController(),
    }));
    const kept = this.pending.value.length + this.failed.value.length ? this.uploads.value : [];
    this.uploads.value = [...kept, ...added];
    this.#fill();
  }

  /** Sends what failed again. */
  again(upload: Upload): void {
    upload.error.value = null;
    upload.state.value = "waiting";
    this.#fill();
  }

  /** Takes an upload out; if it is on its way, it ends. */
  remove(upload: Upload): void {
    upload.givenUp.abort();
    this.uploads.value = this.uploads.value.filter((each) => each !== upload);
  }

  #fill(): void {
    for (const upload of this.uploads.value) {
      if (this.#active >= AT_ONCE) return;
      if (upload.state.value !== "waiting") continue;
      this.#active++;
      upload.state.value = "sending";
      void this.#run(upload).finally(() => {
        this.#active--;
        this.#fill();
      });
    }
  }

  async #run(upload: Upload): Promise<void> {
    try {
      upload.photograph = await this.#sendUntilTaken(upload);
      upload.sent.value = upload.file.size;
      upload.state.value = "done";
    } catch (error) {
      if (upload.givenUp.signal.aborted) return;
      upload.error.value = error;
      upload.state.value = "failed";
    }
  }

  async #sendUntilTaken(upload: Upload): Promise<Photograph> {
    const givenUp = upload.givenUp.signal;
    const onProgress = (sent: number): void => void (upload.sent.value = Math.min(sent, upload.file.size));
    for (let attempt = 1; ; attempt++) {
      upload.state.value = "sending";
      upload.sent.value = 0;
      try {
        return await this.world.send(upload.sample, upload.file, { onProgress, givenUp });
      } catch (error) {
        if (attempt >= MOST_ATTEMPTS || givenUp.aborted) throw error;
        if (error instanceof ConnectionLost) {
          upload.state.value = "interrupted";
          const arrived = this.#arrived(upload, await this.world.photographsOf(upload.sample, givenUp));
          if (arrived) return arrived;
        } else if (error instanceof Refusal && error.status === 429) {
          await this.world.pause(1000 * (error.retryAfter ?? BUSY_SECONDS), givenUp);
        } else throw error;
      }
    }
  }

  /** The photograph that had arrived before the connection was lost; no other upload takes it from then on. */
  #arrived(upload: Upload, photographs: Photograph[]): Photograph | null {
    const known = new Set(this.uploads.value.map((each) => each.photograph?.id));
    upload.photograph =
      photographs.find(
        (each) => each.name === upload.file.name && each.n_bytes === upload.file.size && !known.has(each.id),
      ) ?? null;
    return upload.photograph;
  }
}

function isPending(state: UploadState): boolean {
  return state === "waiting" || state === "sending" || state === "interrupted";
}
