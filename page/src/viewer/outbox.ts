/** Corrections on their way: kept by the browser until the service has them, across a reload and a lost connection. */
import type { Wanted } from "./types";

const PREFIX = "hemolens-correction";

export type Kept = Pick<Storage, "length" | "key" | "getItem" | "setItem" | "removeItem">;

interface Entry {
  order: number;
  wanted: Wanted;
}

export class Outbox {
  private entries: Entry[] = [];
  private readonly prefix: string;

  /**
   * Each correction has its own item, so that two tabs do not overwrite each other's; what is sent twice the service
   * does once, by its id.
   */
  constructor(
    private readonly kept: Kept | null,
    person: string,
    count: string,
  ) {
    this.prefix = `${PREFIX}/${count}/${person}/`;
    for (let n = 0; n < (kept?.length ?? 0); n += 1) {
      const key = kept!.key(n)!;
      if (!key.startsWith(this.prefix)) continue;
      try {
        this.entries.push(JSON.parse(kept!.getItem(key)!) as Entry);
      } catch {
        kept!.removeItem(key);
      }
    }
    this.entries.sort((a, b) => a.order - b.order);
  }

  /** In the order in which they were made. */
  all(): Wanted[] {
    return this.entries.map((each) => each.wanted);
  }

  add(wanted: Wanted): void {
    const entry = { order: Math.max(Date.now(), (this.entries.at(-1)?.order ?? 0) + 1), wanted };
    this.entries.push(entry);
    try {
      this.kept?.setItem(this.prefix + wanted.id, JSON.stringify(entry));
    } catch {
      // full or forbidden: it is kept until the page is closed
    }
  }

  remove(id: string): void {
    this.entries = this.entries.filter((each) => each.wanted.id !== id);
    this.kept?.removeItem(this.prefix + id);
  }
}

/** The storage of the browser; null where it gives none. */
export function browserStorage(): Kept | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
