import { useSignal } from "@preact/signals";
import { wordsOf } from "./words";

interface Action {
  run: () => void;
  isBusy: boolean;
  /** Why it was not done the last time. */
  complaint: string | null;
}

/** Something that a button does: once at a time, and with words where it fails. */
export function useAction(act: () => Promise<void>): Action {
  const isBusy = useSignal(false);
  const complaint = useSignal<string | null>(null);
  const run = async (): Promise<void> => {
    if (isBusy.value) return;
    isBusy.value = true;
    complaint.value = null;
    try {
      await act();
    } catch (error) {
      complaint.value = wordsOf(error);
    } finally {
      isBusy.value = false;
    }
  };
  return { run: () => void run(), isBusy: isBusy.value, complaint: complaint.value };
}
