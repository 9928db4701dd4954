import { expect, it } from "vitest";
import { language } from "../texts";
import { measure } from "./format";

it("gives a measure to three digits", () => {
  language.value = "en";
  expect([66.83, 101.2, 7.024, 0.8014, 7446.2].map(measure)).toEqual(["66.8", "101", "7.02", "0.801", "7,446"]);
});

it("gives nothing beyond the third decimal", () => {
  language.value = "en";
  expect([0, 9.9e-9, 0.00061, -0.5].map(measure)).toEqual(["0", "0", "0.001", "-0.5"]);
});

it("writes numbers as the language does", () => {
  language.value = "de";
  expect(measure(66.83)).toBe("66,8");
});
