import { expect, it } from "vitest";
import { paged } from "./paged";

it("shows each thing on exactly one page", () => {
  const all = Array.from({ length: 101 }, (_, n) => n);
  const { n_pages } = paged(all, 0, 48);
  expect(Array.from({ length: n_pages }, (_, page) => paged(all, page, 48).shown).flat()).toEqual(all);
});

it("shows the last page where the one that was shown is gone", () => {
  expect(paged([1, 2, 3], 5, 2).shown).toEqual([3]);
  expect(paged([], 5, 2)).toEqual({ shown: [], n_pages: 1 });
});
