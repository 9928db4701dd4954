import { wordsOf } from "../../parts/words";
import { texts } from "../../texts";
import type { Upload } from "../../uploads/queue";
import { queue } from "../../uploads/uploads";

/** A photograph that is on its way. */
export function UploadCard({ upload }: { upload: Upload }) {
  const { common, uploads } = texts.value;
  const state = upload.state.value;
  const going = {
    waiting: uploads.waits,
    sending: uploads.sendingOne,
    interrupted: uploads.waitsForConnection,
    done: "",
  };
  return (
    <li class="panel photograph">
      <div class="photograph-picture">
        <div class="thumbnail thumbnail-empty" />
      </div>
      <div class="photograph-facts">
        <h3 class="photograph-name" title={upload.file.name}>
          {upload.file.name}
        </h3>
        {state === "failed" ? (
          <p class="complaint small">{wordsOf(upload.error.value)}</p>
        ) : (
          <div class="small">
            <p class="soft">{going[state]}</p>
            <progress max={upload.file.size || 1} value={upload.sent.value} aria-label={going[state]} />
          </div>
        )}
        <div class="photograph-actions">
          {state === "failed" ? (
            <button type="button" class="quiet small" onClick={() => queue.again(upload)}>
              {common.tryAgain}
            </button>
          ) : null}
          <button type="button" class="quiet small danger" onClick={() => queue.remove(upload)}>
            {state === "failed" ? uploads.remove : uploads.stop}
          </button>
        </div>
      </div>
    </li>
  );
}
