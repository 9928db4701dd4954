/**
 * The cells of a photograph as they are now, and the corrections on their way.
 *
 * What is shown is what the service has told, with the corrections that it has not answered yet applied on top. When an
 * answer comes, these are taken back, what the service did is applied, and they are applied again.
 */
import { batch, computed, signal } from "@preact/signals";
import { ConnectionLost, Refusal } from "../api/client";
import { pause, waitBefore } from "../api/connection";
import { CellSet, GRID_DIAMETERS } from "./cellSet";
import { tally, tallyWithUnlocated, told, usualDiameters } from "./numbers";
import type { Outbox } from "./outbox";
import { awaited, preview, type Preview } from "./preview";
import type { ReviewApi } from "./reviewApi";
import type { CellType, Count, Done, Photograph, Wanted, Wish } from "./types";

/** Something the person should know. */
export interface Notice {
  kind: "refused" | "conflict";
  /** In the service's words. */
  what: string;
  /** Who changed it meanwhile, where that is known. */
  by: string | null;
}

const BUSY = new Set([408, 425, 429, 503]);

export class ReviewStore {
  readonly cells = new CellSet();
  readonly photograph = signal<Photograph | null>(null);
  readonly count = signal<Count | null>(null);
  readonly trail = signal<readonly Done[]>([]);
  readonly pending = signal<readonly Wanted[]>([]);
  readonly canUndo = signal(false);
  readonly canRedo = signal(false);
  readonly notice = signal<Notice | null>(null);
  /** Why nothing can be shown; null as long as nothing is wrong. */
  readonly failure = signal<string | null>(null);
  /** Whether the cells are there. */
  readonly isLoaded = signal(false);

  readonly tallies = computed(() => {
    this.cells.version.value;
    const count = this.count.value;
    if (!count) return tally(this.cells.all());
    return this.isLoaded.value ? tallyWithUnlocated(this.cells.all(), count) : told(count);
  });
  /** Cells that are about to change, as soon as the service answers. */
  readonly awaited = computed(() => new Set(this.pending.value.flatMap(awaited)));
  /** Whether the intervals are those of the cells that are shown. */
  readonly isUpToDate = computed(
    () => this.pending.value.length === 0 && this.count.value?.review.revision === this.revision.value,
  );

  /** Whether there is something to take back, once what waits is done. */
  readonly mayUndo = computed(() => this.canUndo.value || this.pending.value.length > 0);

  private readonly revision = signal(0);
  private usual: Record<CellType, number> = { rbc: 1, wbc: 1, plt: 1 };
  private outbox: Outbox | null = null;
  private previews: Preview[] = [];
  private isSending = false;
  private isClosed = false;

  /** @param outboxOf the corrections of a count that wait in this browser */
  constructor(
    private readonly api: ReviewApi,
    private readonly person: string,
    private readonly outboxOf: (count: string) => Outbox,
  ) {}

  /** Read everything again, and send what waits. */
  async load(): Promise<void> {
    try {
      const photograph = await this.api.photograph();
      if (!this.outbox) {
        batch(() => {
          this.photograph.value = photograph;
          this.count.value = photograph.count; // the picture need not wait for its cells
        });
      }
      if (!photograph.count) return;
      const [now, trail] = await Promise.all([this.api.cells(), this.api.correctionsSince(0)]);
      const outbox = this.outbox && this.count.value?.id === now.count ? this.outbox : this.outboxOf(now.count);
      for (const each of trail.corrections) outbox.remove(each.id);
      const diameter = photograph.count.scale.red_cell_diameter_px;
      batch(() => {
        this.outbox = outbox;
        this.previews = [];
        this.cells.fill(now.cells, diameter * GRID_DIAMETERS);
        this.usual = usualDiameters(this.cells.all(), diameter);
        this.photograph.value = photograph;
        this.count.value = photograph.count;
        this.revision.value = now.revision;
        this.trail.value = trail.corrections.filter((each) => each.seq <= now.revision);
        [this.canUndo.value, this.canRedo.value] = [now.can_undo, now.can_redo];
        this.showPending();
        this.isLoaded.value = true;
        this.failure.value = null;
      });
      void this.send();
    } catch (problem) {
      if (!(problem instanceof Refusal)) throw problem;
      this.failure.value = problem.message;
    }
  }

  /** Stop sending; what waits is sent when the photograph is opened again. */
  close(): void {
    this.isClosed = true;
  }

  /** Correct; what comes of it is shown at once. Gives the id of the correction. */
  correct(wish: Wish): string {
    const wanted = { ...wish, id: newId(), seen: this.revision.value } as Wanted;
    this.outbox!.add(wanted);
    batch(() => {
      this.notice.value = null;
      this.pending.value = this.outbox!.all();
      this.apply(wanted);
    });
    void this.send();
    return wanted.id;
  }

  /** Take in what others have corrected. */
  async catchUp(): Promise<void> {
    if (!this.outbox) return this.load();
    const [photograph, { count, corrections }] = await Promise.all([
      this.api.photograph(),
      this.api.correctionsSince(this.revision.value),
    ]);
    if (count !== this.count.value?.id) return this.load();
    batch(() => {
      this.photograph.value = photograph;
      this.take(corrections);
      this.count.value = photograph.count;
    });
  }

  /** Whether an event tells of something that is not known here yet. */
  isNews(seq: number): boolean {
    return seq > this.revision.value;
  }

  private async send(): Promise<void> {
    if (this.isSending) return;
    this.isSending = true;
    try {
      for (let attempt = 0; !this.isClosed && this.pending.value.length;) {
        attempt = (await this.sendOne(this.pending.value[0]!)) ? 0 : attempt + 1;
        if (attempt) await pause(waitBefore(attempt - 1));
      }
    } finally {
      this.isSending = false;
    }
  }

  /** Whether the service has answered; if not it is sent again. */
  private async sendOne(wanted: Wanted): Promise<boolean> {
    const outbox = this.outbox!;
    try {
      const { correction, count, can_undo, can_redo } = await this.api.correct(wanted);
      outbox.remove(wanted.id);
      if (outbox !== this.outbox) return true;
      if (correction.seq > this.revision.value + 1) await this.catchUp();
      batch(() => {
        this.take([correction]);
        this.count.value = count;
        [this.canUndo.value, this.canRedo.value] = [can_undo, can_redo];
      });
      return true;
    } catch (problem) {
      if (problem instanceof ConnectionLost) return false;
      if (!(problem instanceof Refusal)) throw problem;
      if (problem.status >= 500 || BUSY.has(problem.status) || problem.status === 401) return false;
      outbox.remove(wanted.id);
      await this.takeBack(wanted, problem);
      return true;
    }
  }

  private async takeBack(wanted: Wanted, refusal: Refusal): Promise<void> {
    const seen = this.revision.value;
    if (refusal.conflict) await this.load();
    else this.rebase(() => undefined);
    const touched = new Set("cells" in wanted ? wanted.cells : "cell" in wanted ? [wanted.cell] : []);
    const others = this.trail.value.filter((each) => each.seq > seen && each.actor !== this.person);
    const culprit = [...others].reverse().find((each) => each.changes.some((change) => touched.has(change.cell)));
    this.notice.value = {
      kind: refusal.conflict ? "conflict" : "refused",
      what: refusal.message,
      by: culprit?.actor ?? null,
    };
  }

  /** Apply what the service has done, in its order. */
  private take(corrections: readonly Done[]): void {
    const news = corrections.filter((each) => each.seq > this.revision.value).sort((a, b) => a.seq - b.seq);
    for (const each of corrections) this.outbox!.remove(each.id);
    this.rebase(() => {
      for (const each of news) {
        this.cells.change(each.changes.map((change) => ({ id: change.cell, after: change.after })));
      }
    });
    this.trail.value = [...this.trail.value, ...news];
    this.revision.value = Math.max(this.revision.value, ...news.map((each) => each.seq));
  }

  private rebase(changeBase: () => void): void {
    batch(() => {
      this.cells.change([...this.previews].reverse().map(({ id, before }) => ({ id, after: before })));
      this.previews = [];
      changeBase();
      this.showPending();
    });
  }

  private showPending(): void {
    this.pending.value = this.outbox!.all();
    for (const each of this.pending.value) this.apply(each);
  }

  private apply(wanted: Wanted): void {
    const frame = this.count.value?.frame ?? [];
    const changes = preview(wanted, this.cells, { usual: this.usual, frame: frame as never, person: this.person });
    this.previews.push(...changes);
    this.cells.change(changes);
  }
}

/** 32 random hexadecimal digits; `crypto.randomUUID` is not there without HTTPS. */
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
