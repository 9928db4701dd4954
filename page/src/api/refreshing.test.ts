import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { refreshing } from "./refreshing";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("loads at once, and answers all calls meanwhile by one more load", async () => {
  let loads = 0;
  const refresh = refreshing(async () => void loads++, 100);
  refresh();
  expect(loads).toBe(1);
  for (let n = 0; n < 50; n++) refresh();
  await vi.advanceTimersByTimeAsync(1000);
  expect(loads).toBe(2);
});

it("leaves a slow service as much time as a load takes", async () => {
  let loads = 0;
  const refresh = refreshing(async () => {
    loads++;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }, 100);
  refresh();
  refresh();
  await vi.advanceTimersByTimeAsync(1900);
  expect(loads).toBe(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(loads).toBe(2);
});
