import { describe, expect, it } from "vitest";
import { ConnectionLost, Refusal } from "../api/client";
import { AT_ONCE, UploadQueue, type World } from "./queue";

type Photograph = Awaited<ReturnType<World["send"]>>;

const file = (name: string, size = 3): File => new File(["x".repeat(size)], name);
const taken = (id: string, of: File): Photograph => ({ id, name: of.name, n_bytes: of.size }) as Photograph;
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

function world(changes: Partial<World>): World {
  return {
    send: async (_, sent) => taken(sent.name, sent),
    photographsOf: async () => [],
    pause: async () => undefined,
    ...changes,
  };
}

const states = (queue: UploadQueue): string[] => queue.uploads.value.map((each) => each.state.value);

describe("UploadQueue", () => {
  it("sends all files, three at a time", async () => {
    let now = 0;
    let most = 0;
    const send: World["send"] = async (_, sent) => {
      most = Math.max(most, ++now);
      await settled();
      now--;
      return taken(sent.name, sent);
    };
    const queue = new UploadQueue(world({ send }));
    queue.add(
      "s",
      Array.from({ length: 10 }, (_, n) => file(`${n}.png`)),
    );
    while (queue.pending.value.length) await settled();
    expect(most).toBe(AT_ONCE);
    expect(states(queue)).toEqual(Array(10).fill("done"));
  });

  it("sends again what the connection interrupted", async () => {
    let attempts = 0;
    const send: World["send"] = async (_, sent) => {
      if (++attempts === 1) throw new ConnectionLost();
      return taken("a", sent);
    };
    const queue = new UploadQueue(world({ send }));
    queue.add("s", [file("a.png")]);
    await settled();
    expect([attempts, states(queue)]).toEqual([2, ["done"]]);
  });

  it("does not send again what had arrived when the connection was lost", async () => {
    let attempts = 0;
    const a = file("a.png");
    const send: World["send"] = async () => {
      attempts++;
      throw new ConnectionLost();
    };
    const queue = new UploadQueue(world({ send, photographsOf: async () => [taken("there", a)] }));
    queue.add("s", [a]);
    await settled();
    expect([attempts, queue.uploads.value[0]?.photograph?.id]).toEqual([1, "there"]);
  });

  it("takes a photograph that arrived for one upload only", async () => {
    let attempts = 0;
    const send: World["send"] = async (_, sent) => {
      if (++attempts <= 2) throw new ConnectionLost();
      return taken("second", sent);
    };
    const queue = new UploadQueue(world({ send, photographsOf: async () => [taken("first", file("a.png"))] }));
    queue.add("s", [file("a.png"), file("a.png")]);
    await settled();
    expect(queue.uploads.value.map((each) => each.photograph?.id)).toEqual(["first", "second"]);
  });

  it("waits as long as a busy service asks for", async () => {
    const waited: number[] = [];
    let attempts = 0;
    const send: World["send"] = async (_, sent) => {
      if (++attempts === 1) throw new Refusal(429, { what: "too many requests" }, 7);
      return taken("a", sent);
    };
    const queue = new UploadQueue(world({ send, pause: async (ms) => void waited.push(ms) }));
    queue.add("s", [file("a.png")]);
    await settled();
    expect([waited, states(queue)]).toEqual([[7000], ["done"]]);
  });

  it("keeps what was refused, with the reason, until it is sent again", async () => {
    let isFull = true;
    const send: World["send"] = async (_, sent) => {
      if (isFull) throw new Refusal(503, { what: "the disk is full" });
      return taken("a", sent);
    };
    const queue = new UploadQueue(world({ send }));
    queue.add("s", [file("a.png")]);
    await settled();
    const [upload] = queue.uploads.value;
    expect([upload?.state.value, (upload?.error.value as Error).message]).toEqual(["failed", "the disk is full"]);
    isFull = false;
    queue.again(upload!);
    await settled();
    expect(states(queue)).toEqual(["done"]);
  });

  it("ends the sending of what is removed", async () => {
    let givenUp: AbortSignal | undefined;
    const send: World["send"] = (_, __, options) => {
      givenUp = options.givenUp;
      return new Promise(() => undefined);
    };
    const queue = new UploadQueue(world({ send }));
    queue.add("s", [file("a.png")]);
    queue.remove(queue.uploads.value[0]!);
    expect([givenUp?.aborted, queue.uploads.value]).toEqual([true, []]);
  });
});
