import { effect, signal, type Signal } from "@preact/signals";

/** A choice that this browser remembers; where it may keep nothing, until the page is closed. */
export function kept<T extends string>(name: string, allowed: readonly T[], otherwise: T): Signal<T> {
  const choice = signal<T>(otherwise);
  try {
    const before = localStorage.getItem(name) as T | null;
    if (before !== null && allowed.includes(before)) choice.value = before;
  } catch {
    return choice;
  }
  effect(() => {
    const now = choice.value;
    try {
      localStorage.setItem(name, now);
    } catch {
      // full, or forbidden since
    }
  });
  return choice;
}
