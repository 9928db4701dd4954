import { describe, expect, it } from "vitest";
import type { Change } from "../../api/events";
import { afterProgress, passes, signOffOf, stateOf, type Photograph, type Sample } from "./sampleStore";

const numbers = { rbc: { total: 200, unsure: 3 }, wbc: { total: 1, unsure: null }, plt: { total: 9, unsure: 0 } };

function photograph(state: string | null, verdict: string | null = null, job = "j"): Photograph {
  return {
    id: "p",
    job: state === null ? null : { id: job, state, progress: 0 },
    count: verdict === null ? null : { numbers, quality: { verdict, reasons: [] } },
  } as unknown as Photograph;
}

describe("stateOf", () => {
  it("is what the last job says", () => {
    expect(stateOf(photograph("queued"))).toBe("open");
    expect(stateOf(photograph("running", "accept"))).toBe("open");
    expect(stateOf(photograph("failed", "accept"))).toBe("failed");
    expect(stateOf(photograph("done", "accept"))).toBe("counted");
  });

  it("is counted where only a later count was cancelled", () => {
    expect(stateOf(photograph("cancelled", "accept"))).toBe("counted");
    expect(stateOf(photograph("cancelled"))).toBe("cancelled");
  });
});

describe("passes", () => {
  it("finds photographs with a remark, and with cells to look at", () => {
    expect(passes(photograph("done", "reject"), "remarked")).toBe(true);
    expect(passes(photograph("done", "accept"), "remarked")).toBe(false);
    expect(passes(photograph("done", "accept"), "unchecked")).toBe(true);
    expect(passes(photograph("queued"), "unchecked")).toBe(false);
  });
});

describe("afterProgress", () => {
  const sample = { photographs: [photograph("queued", null, "a"), photograph("queued", null, "b")] } as Sample;
  const change = (details: Change["details"], kind: Change["kind"] = "job"): Change => ({
    id: 1,
    kind,
    sample: "s",
    photograph: "p",
    details,
  });

  it("moves the one job on", () => {
    const after = afterProgress(sample, change({ job: "b", state: "running", progress: 0.4 }));
    expect(after?.photographs.map((each) => each.job?.progress)).toEqual([0, 0.4]);
    expect(after?.photographs[0]).toBe(sample.photographs[0]);
  });

  it("leaves all else to be read again", () => {
    expect(afterProgress(sample, change({ job: "b", state: "done", progress: 1 }))).toBeNull();
    expect(afterProgress(sample, change({ job: "unknown", state: "running", progress: 0.4 }))).toBeNull();
    expect(afterProgress(sample, change({}, "sign-off"))).toBeNull();
  });
});

describe("signOffOf", () => {
  const signOff = (withdrawn_at: string | null): Sample["sign_offs"][number] =>
    ({ signed_by: "A", withdrawn_at }) as Sample["sign_offs"][number];

  it("is the last one unless it was withdrawn", () => {
    expect(signOffOf({ sign_offs: [signOff("then"), signOff(null)] } as unknown as Sample)?.signed_by).toBe("A");
    expect(signOffOf({ sign_offs: [signOff("then")] } as unknown as Sample)).toBeUndefined();
    expect(signOffOf({ sign_offs: [] } as unknown as Sample)).toBeUndefined();
  });
});
