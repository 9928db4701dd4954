import { expect, test } from "vitest";
import type { Change } from "../../api/events";
import { afterProgress, type Models } from "./modelsStore";

const models = { learning: { job: { id: "a", state: "queued", progress: 0 }, found: null } } as unknown as Models;
const change = (details: Change["details"]): Change => ({ id: 1, kind: "job", sample: null, photograph: null, details });

test("progress of learning is shown without asking the service", () => {
  const after = afterProgress(models, change({ job: "a", state: "running", progress: 0.4 }));
  expect(after?.learning?.job).toMatchObject({ state: "running", progress: 0.4 });
});

test.each([{ job: "a", state: "done" }, { job: "b", state: "running", progress: 0.4 }, { seq: 1 }])(
  "after %o the service is asked",
  (details) => {
    expect(afterProgress(models, change(details))).toBeNull();
  },
);
