import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Complaint } from "../../parts/Complaint";
import { useAction } from "../../parts/useAction";
import { texts } from "../../texts";

interface Props {
  name: string;
  onName: (name: string) => Promise<void>;
  onEnd: () => void;
}

/** Takes another name for a sample. */
export function Rename({ name, onName, onEnd }: Props) {
  const { common, sample } = texts.value;
  const value = useSignal(name);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  const save = useAction(async () => {
    await onName(value.value.trim());
    onEnd();
  });
  return (
    <form
      class="rename"
      onSubmit={(event) => {
        event.preventDefault();
        save.run();
      }}
      onKeyDown={(event) => event.key === "Escape" && onEnd()}
    >
      <input
        ref={field}
        aria-label={sample.newName}
        maxLength={200}
        required
        value={value.value}
        onInput={(event) => (value.value = event.currentTarget.value)}
      />
      <button type="submit" class="primary" disabled={save.isBusy || value.value.trim() === ""}>
        {common.save}
      </button>
      <button type="button" onClick={onEnd}>
        {common.cancel}
      </button>
      <Complaint words={save.complaint} />
    </form>
  );
}
