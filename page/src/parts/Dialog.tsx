import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

interface Props {
  isOpen: Signal<boolean>;
  title: string;
  children: ComponentChildren;
}

/** A question in front of the page; Escape closes it. */
export function Dialog({ isOpen, title, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    if (isOpen.value) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen.value]);
  return (
    <dialog class="dialog" aria-labelledby={titleId} ref={dialog} onClose={() => (isOpen.value = false)}>
      {isOpen.value ? (
        <>
          <h2 id={titleId}>{title}</h2>
          {children}
        </>
      ) : null}
    </dialog>
  );
}
