import { expect, test } from "vitest";
import { ALL_TEXTS } from "../texts";
import { COMMANDS, commandOfKey } from "./commands";

const press = (key: string, more: Partial<KeyboardEvent> = {}) =>
  commandOfKey({ key, altKey: false, ctrlKey: false, metaKey: false, shiftKey: false, ...more } as KeyboardEvent);
const inside = (...tags: string[]): Partial<KeyboardEvent> => ({
  target: { closest: (wanted: string) => (tags.some((tag) => wanted.split(", ").includes(tag)) ? {} : null) } as never,
});

test("no key has two meanings", () => {
  const keys = Object.values(COMMANDS).flat();
  expect(new Set(keys).size).toBe(keys.length);
});

test("every key leads to its command", () => {
  for (const [name, keys] of Object.entries(COMMANDS)) {
    for (const key of keys) {
      const parts = key.length > 1 ? key.split("+") : [key];
      const more = { ctrlKey: parts.includes("Ctrl"), shiftKey: parts.includes("Shift") };
      expect(press(parts.at(-1)!, more)).toBe(name);
    }
  }
});

test("the browser keeps its own keys", () => {
  expect(press("r", { ctrlKey: true })).toBeNull();
  expect(press("ArrowLeft", { altKey: true })).toBeNull();
});

test("what is typed into a field is no command", () => {
  expect(press("n", inside("input"))).toBeNull();
  expect(press("n", inside("button"))).toBe("nextDoubt");
});

test("Space presses the button that has the focus", () => {
  expect(press(" ", inside("button"))).toBeNull();
  expect(press(" ", inside())).toBe("confirm");
});

test("every command has its word in every language", () => {
  for (const { review } of Object.values(ALL_TEXTS)) {
    expect(Object.keys(review.commands).sort()).toEqual(Object.keys(COMMANDS).sort());
  }
});
