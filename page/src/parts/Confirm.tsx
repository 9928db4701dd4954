import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { texts } from "../texts";
import { Dialog } from "./Dialog";

interface Props {
  isOpen: Signal<boolean>;
  title: string;
  /** What the button that does it says. */
  action: string;
  onConfirm: () => void;
  /** What it means. */
  children: ComponentChildren;
}

/** Asks before something is done that cannot be undone. */
export function Confirm({ isOpen, title, action, onConfirm, children }: Props) {
  const close = (): void => void (isOpen.value = false);
  return (
    <Dialog isOpen={isOpen} title={title}>
      <p>{children}</p>
      <div class="buttons buttons-end">
        <button type="button" onClick={close}>
          {texts.value.common.cancel}
        </button>
        <button
          type="button"
          class="primary danger-primary"
          onClick={() => {
            close();
            onConfirm();
          }}
        >
          {action}
        </button>
      </div>
    </Dialog>
  );
}
