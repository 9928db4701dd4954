import type { Signal } from "@preact/signals";
import { useId } from "preact/hooks";

interface Props {
  label: string;
  value: Signal<string>;
  type?: "text" | "password" | "number";
  /** What to enter, or what it means when nothing is entered. */
  hint?: string;
  autocomplete?: "name" | "username" | "current-password" | "new-password" | "off";
  required?: boolean;
  minLength?: number;
  maxLength?: number;
  /** Several lines of text. */
  isLong?: boolean;
}

/** A field of a form with its name. */
export function Field({ label, value, type = "text", hint, autocomplete = "off", isLong = false, ...limits }: Props) {
  const id = useId();
  const kind = { type } as { type: "text" }; // the types of the attributes want to know which it is
  const given = {
    id,
    value: value.value,
    autocomplete,
    "aria-describedby": hint === undefined ? undefined : `${id}-hint`,
    onInput: (event: { currentTarget: HTMLInputElement | HTMLTextAreaElement }) => {
      value.value = event.currentTarget.value;
    },
    ...limits,
  };
  return (
    <div class="field">
      <label class="field-name" for={id}>
        {label}
      </label>
      {isLong ? (
        <textarea rows={2} {...given} />
      ) : (
        <input {...kind} step={type === "number" ? "any" : undefined} {...given} />
      )}
      {hint === undefined ? null : (
        <p class="soft small" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
