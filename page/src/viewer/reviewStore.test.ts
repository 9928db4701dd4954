import { expect, test, vi } from "vitest";
import { ConnectionLost, Refusal } from "../api/client";
import { Outbox, type Kept } from "./outbox";
import type { ReviewApi } from "./reviewApi";
import { ReviewStore } from "./reviewStore";
import { cellOf } from "./testCells";
import type { Cell, Change, Corrected, Count, Done, Photograph, Wanted } from "./types";

vi.mock("../api/connection", async (original) => ({ ...(await original<object>()), pause: () => Promise.resolve() }));

/** A service that holds two cells, and does what it is asked for. */
class Service implements ReviewApi {
  cellsNow = new Map<string, Cell>([
    ["1", cellOf("1", 100, 100)],
    ["2", cellOf("2", 200, 200, { type: "wbc" })],
  ]);
  trail: Done[] = [];
  /** What happens before it answers: throws to refuse. */
  before: (wanted: Wanted) => void | Promise<void> = () => undefined;
  asked: Wanted[] = [];

  get count(): Count {
    return {
      id: "c",
      scale: { red_cell_diameter_px: 40 },
      frame: [[[[0, 0], [500, 0], [500, 500], [0, 500]]]],
      review: { revision: this.trail.length },
      numbers: { rbc: { total: 7, in_frame: 6, unsure: 1 } },
    } as unknown as Count;
  }
  photograph = async (): Promise<Photograph> => ({ id: "p", count: this.count, counts: ["c"] }) as unknown as Photograph;
  cells = async () => ({ ...this.flags, count: "c", revision: this.trail.length, cells: [...this.cellsNow.values()] });
  cellsFound = this.cells;
  recount = this.photograph;
  show = this.photograph;
  correctionsSince = async (since: number) => ({ count: "c", corrections: this.trail.slice(since) });
  async correct(wanted: Wanted): Promise<Corrected> {
    this.asked.push(wanted);
    await this.before(wanted);
    const known = this.trail.find((each) => each.id === wanted.id);
    return { ...this.flags, correction: known ?? this.do(wanted, "ann"), count: this.count };
  }
  do(wanted: Wanted, actor: string): Done {
    const changes = this.changes(wanted);
    for (const { cell, after } of changes) {
      if (after) this.cellsNow.set(cell, after);
      else this.cellsNow.delete(cell);
    }
    const row = { id: wanted.id, actor, at: "", action: wanted.action, reverses: null, changes, seq: this.trail.length + 1 };
    this.trail.push(row);
    return row;
  }
  private get flags() {
    return { can_undo: this.trail.length > 0, can_redo: false };
  }
  private changes(wanted: Wanted): Change[] {
    if (wanted.action === "undo") {
      return this.trail.at(-1)!.changes.map(({ cell, before, after }) => ({ cell, before: after, after: before }));
    }
    if (wanted.action === "add") {
      const id = `${wanted.id}.1`;
      const [x, y] = wanted.point as [number, number];
      return [{ cell: id, before: null, after: cellOf(id, x, y, { type: wanted.type, diameter: 33 }) }];
    }
    if (wanted.action === "split") {
      const before = this.cellsNow.get(wanted.cell)!;
      const halves = [1, 2].map((n) => cellOf(`${wanted.id}.${n}`, before.x + n, before.y));
      return [
        { cell: wanted.cell, before, after: null },
        ...halves.map((after) => ({ cell: after.id, before: null, after })),
      ];
    }
    return ("cells" in wanted ? wanted.cells : []).map((cell) => {
      const before = this.cellsNow.get(cell) ?? null;
      const type = wanted.action === "retype" ? wanted.type : before!.type;
      return { cell, before, after: wanted.action === "delete" ? null : { ...before!, type, checked: true } };
    });
  }
}

function storage(): Kept {
  const items = new Map<string, string>();
  return {
    get length() {
      return items.size;
    },
    key: (n) => [...items.keys()][n] ?? null,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

async function opened(service: Service, kept: Kept = storage(), person = "ann"): Promise<ReviewStore> {
  const store = new ReviewStore(service, person, (count) => new Outbox(kept, person, count));
  await store.load();
  return store;
}

const answered = (store: ReviewStore): Promise<void> => vi.waitFor(() => expect(store.pending.value).toEqual([]));
const total = (store: ReviewStore) => Object.values(store.tallies.value).map((each) => each.total);

test("a deleted cell is gone before the service has answered", async () => {
  const store = await opened(new Service());
  store.correct({ action: "delete", cells: ["1"] });
  expect(total(store)).toEqual([0, 1, 0]);
  expect(store.isUpToDate.value).toBe(false);
  await answered(store);
  expect(total(store)).toEqual([0, 1, 0]);
  expect(store.isUpToDate.value).toBe(true);
});

test("the picture and the counts do not wait for the cells", async () => {
  const service = new Service();
  service.cells = () => new Promise(() => undefined);
  const store = new ReviewStore(service, "ann", (count) => new Outbox(null, "ann", count));
  void store.load();
  await vi.waitFor(() => expect(store.count.value?.id).toBe("c"));
  expect(store.isLoaded.value).toBe(false);
  expect(store.tallies.value.rbc.total).toBe(7);
});

test("an added cell is a circle of the usual size until the service has outlined it", async () => {
  const store = await opened(new Service());
  const id = `${store.correct({ action: "add", type: "rbc", point: [300, 300] })}.1`;
  expect(store.cells.get(id)).toMatchObject({ diameter_px: 40, in_frame: true, by: "ann" });
  await answered(store);
  expect(store.cells.get(id)!.diameter_px).toBe(33);
  expect(total(store)).toEqual([2, 1, 0]);
});

test("an added cell whose upper left corner is outside the frame is not in the frame", async () => {
  const store = await opened(new Service());
  const id = store.correct({ action: "add", type: "rbc", point: [10, 300] });
  expect(store.cells.get(`${id}.1`)!.in_frame).toBe(false);
});

test("a cell to be split waits for the answer", async () => {
  const store = await opened(new Service());
  store.correct({ action: "split", cell: "1", stroke: [[100, 50], [100, 150]] });
  expect([...store.awaited.value]).toEqual(["1"]);
  expect(total(store)).toEqual([1, 1, 0]);
  await answered(store);
  expect(store.awaited.value.size).toBe(0);
  expect(total(store)).toEqual([2, 1, 0]);
});

test("corrections are sent one after the other, in order", async () => {
  const service = new Service();
  const store = await opened(service);
  let nOpen = 0;
  service.before = async () => {
    expect((nOpen += 1)).toBe(1);
    await Promise.resolve();
    nOpen -= 1;
  };
  store.correct({ action: "retype", cells: ["1"], type: "plt" });
  store.correct({ action: "confirm", cells: ["2"] });
  store.correct({ action: "delete", cells: ["1"] });
  await answered(store);
  expect(service.asked.map((each) => each.action)).toEqual(["retype", "confirm", "delete"]);
  expect(total(store)).toEqual([0, 1, 0]);
});

test("a correction that was refused is taken back with the words of the service, and the later ones stay", async () => {
  const service = new Service();
  const store = await opened(service);
  service.before = (wanted) => {
    if (wanted.action === "retype") throw new Refusal(422, { what: "not this one", conflict: false });
  };
  store.correct({ action: "retype", cells: ["1"], type: "plt" });
  store.correct({ action: "delete", cells: ["2"] });
  expect(total(store)).toEqual([0, 0, 1]);
  await answered(store);
  expect(total(store)).toEqual([1, 0, 0]);
  expect(store.notice.value).toEqual({ kind: "refused", what: "not this one", by: null });
});

test("a conflict reads the cells again and names who changed them", async () => {
  const service = new Service();
  const store = await opened(service);
  service.before = (wanted) => {
    if (wanted.id === "0") return;
    service.before = () => undefined;
    service.do({ id: "0", action: "delete", cells: ["1"] }, "bob");
    throw new Refusal(409, { what: "it has changed", conflict: true });
  };
  store.correct({ action: "retype", cells: ["1"], type: "plt" });
  await answered(store);
  await vi.waitFor(() => expect(store.notice.value).toEqual({ kind: "conflict", what: "it has changed", by: "bob" }));
  expect(total(store)).toEqual([0, 1, 0]);
});

test("what is sent while the connection is lost is sent again, and done once", async () => {
  const service = new Service();
  const store = await opened(service);
  let attempts = 0;
  service.before = (wanted) => {
    attempts += 1;
    if (attempts === 2) service.do(wanted, "ann"); // done, but the answer was lost
    if (attempts <= 2) throw new ConnectionLost();
  };
  store.correct({ action: "add", type: "plt", point: [50, 50] });
  await answered(store);
  expect(attempts).toBe(3);
  expect(service.trail.length).toBe(1);
  expect(total(store)).toEqual([1, 1, 1]);
});

test("what was not sent before a reload is shown and sent after it", async () => {
  const [service, kept] = [new Service(), storage()];
  const before = await opened(service, kept);
  service.before = () => new Promise(() => undefined);
  before.correct({ action: "delete", cells: ["1"] });
  before.close();
  service.before = () => undefined;
  const after = await opened(service, kept);
  expect(total(after)).toEqual([0, 1, 0]);
  await answered(after);
  expect(service.trail.map((each) => each.action)).toEqual(["delete"]);
  expect(kept.length).toBe(0);
});

test("another person's corrections that wait in this browser are not sent", async () => {
  const [service, kept] = [new Service(), storage()];
  new Outbox(kept, "bob", "c").add({ id: "0", action: "delete", cells: ["1"] });
  const store = await opened(service, kept);
  expect(store.pending.value).toEqual([]);
  expect(kept.length).toBe(1);
});

test("undo brings back what was there", async () => {
  const store = await opened(new Service());
  store.correct({ action: "delete", cells: ["2"] });
  expect(store.mayUndo.value).toBe(true);
  store.correct({ action: "undo" });
  await answered(store);
  expect(total(store)).toEqual([1, 1, 0]);
  expect(store.trail.value.map((each) => each.action)).toEqual(["delete", "undo"]);
});

test("what others corrected is taken in, under what is still on its way", async () => {
  const service = new Service();
  const store = await opened(service);
  let go = (): void => undefined;
  service.before = () => new Promise((resolve) => (go = resolve));
  store.correct({ action: "retype", cells: ["1"], type: "plt" });
  service.do({ id: "0", action: "delete", cells: ["2"] }, "bob");
  expect(store.isNews(1)).toBe(true);
  await store.catchUp();
  expect(total(store)).toEqual([0, 0, 1]);
  go();
  await answered(store);
  expect(total(store)).toEqual([0, 0, 1]);
  expect(store.trail.value.map((each) => each.actor)).toEqual(["bob", "ann"]);
});

test("an answer that comes after others' corrections brings these, too", async () => {
  const service = new Service();
  const store = await opened(service);
  service.do({ id: "0", action: "delete", cells: ["2"] }, "bob");
  store.correct({ action: "retype", cells: ["1"], type: "plt" });
  await answered(store);
  expect(total(store)).toEqual([0, 0, 1]);
  expect(store.isUpToDate.value).toBe(true);
});
