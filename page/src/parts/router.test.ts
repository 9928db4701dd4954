import { expect, it } from "vitest";
import { reviewPath, routeOf, samplePath } from "./router";

const SAMPLE = "0123456789abcdef0123456789abcdef";
const PHOTOGRAPH = "fedcba9876543210fedcba9876543210";

it("finds the screen that each path names", () => {
  expect(routeOf("/")).toEqual({ screen: "start" });
  expect(routeOf(samplePath(SAMPLE))).toEqual({ screen: "sample", sample: SAMPLE });
  expect(routeOf(reviewPath(SAMPLE, PHOTOGRAPH))).toEqual({
    screen: "review",
    sample: SAMPLE,
    photograph: PHOTOGRAPH,
  });
  expect(routeOf("/models")).toEqual({ screen: "models" });
  expect(routeOf("/account")).toEqual({ screen: "account" });
  expect(routeOf("/accounts")).toEqual({ screen: "accounts" });
});

it("names no screen for what is not an id", () => {
  for (const path of ["/samples/", "/samples/../etc", `/samples/${SAMPLE.slice(1)}`, "/elsewhere"]) {
    expect(routeOf(path)).toEqual({ screen: "nothing" });
  }
});
