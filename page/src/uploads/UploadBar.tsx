import { texts } from "../texts";
import { queue } from "./uploads";

/** One bar for all photographs that are being sent. */
export function UploadBar() {
  const { uploads } = texts.value;
  const all = queue.uploads.value;
  const pending = queue.pending.value;
  const n_failed = queue.failed.value.length;
  if (pending.length === 0) return <div role="status">{n_failed ? <Failed n={n_failed} /> : null}</div>;
  const bytes = all.reduce((sum, each) => sum + each.file.size, 0);
  const sent = all.reduce((sum, each) => sum + each.sent.value, 0);
  const isInterrupted = pending.some((each) => each.state.value === "interrupted");
  const words = uploads.sending(all.length - pending.length - n_failed, all.length);
  return (
    <div class="upload-bar">
      <p>
        {words}{" "}
        <span class="soft" role="status">
          {isInterrupted ? uploads.interrupted : ""}
        </span>
      </p>
      <progress max={bytes} value={sent} aria-label={words} />
    </div>
  );
}

function Failed({ n }: { n: number }) {
  return <p class="upload-bar upload-bar-failed">{texts.value.uploads.someFailed(n)}</p>;
}
