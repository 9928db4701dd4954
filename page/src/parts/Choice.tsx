import type { Signal } from "@preact/signals";

interface Props<T extends string> {
  label: string;
  chosen: Signal<T>;
  /** What may be chosen, and what it is called. */
  names: Record<T, string>;
}

/** A choice of one among a few, small enough for the header. */
export function Choice<T extends string>({ label, chosen, names }: Props<T>) {
  return (
    <select
      class="choice"
      aria-label={label}
      title={label}
      value={chosen.value}
      onChange={(event) => (chosen.value = event.currentTarget.value as T)}
    >
      {Object.entries<string>(names).map(([value, name]) => (
        <option key={value} value={value} selected={value === chosen.value}>
          {name}
        </option>
      ))}
    </select>
  );
}
