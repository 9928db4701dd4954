import type { ComponentChildren } from "preact";
import { Complaint } from "./Complaint";
import { useAction } from "./useAction";

interface Props {
  onSend: () => Promise<void>;
  /** What the button says that sends it. */
  action: string;
  /** Whether what was entered can be sent. */
  isReady?: boolean;
  children: ComponentChildren;
}

/** Fields and the button that sends them; says why they were not taken. */
export function Form({ onSend, action, isReady = true, children }: Props) {
  const send = useAction(onSend);
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        send.run();
      }}
    >
      {children}
      <Complaint words={send.complaint} />
      <div class="buttons">
        <button type="submit" class="primary" disabled={send.isBusy || !isReady}>
          {action}
        </button>
      </div>
    </form>
  );
}
