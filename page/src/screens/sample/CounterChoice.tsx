import type { Signal } from "@preact/signals";
import { useId } from "preact/hooks";
import { texts } from "../../texts";

interface Props {
  counter: Signal<string>;
  counters: readonly string[];
}

/** Chooses what finds the cells. */
export function CounterChoice({ counter, counters }: Props) {
  const { settings: words } = texts.value;
  const id = useId();
  return (
    <div class="field">
      <label class="field-name" for={id}>
        {words.counter}
      </label>
      <select
        id={id}
        value={counter.value}
        aria-describedby={`${id}-hint`}
        onChange={(event) => (counter.value = event.currentTarget.value)}
      >
        {counters.map((each) => (
          <option key={each} value={each} selected={each === counter.value}>
            {each === "auto" ? words.auto : each}
          </option>
        ))}
      </select>
      <p class="soft small" id={`${id}-hint`}>
        {counter.value === "auto" ? words.autoMeans : ""}
      </p>
    </div>
  );
}
