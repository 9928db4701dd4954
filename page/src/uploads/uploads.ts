import { api, done } from "../api/client";
import { pause } from "../api/connection";
import { uploadPhotograph } from "../api/upload";
import { UploadQueue } from "./queue";

/** The photographs that this page sends; it goes on whatever screen is shown. */
export const queue = new UploadQueue({
  send: uploadPhotograph,
  photographsOf: async (sample, signal) =>
    (await done(api.GET("/api/samples/{sample}", { params: { path: { sample } }, signal }))).photographs,
  pause,
});

/** Asks before the page is closed while photographs are being sent. */
export function guardUploads(): void {
  addEventListener("beforeunload", (event) => {
    if (queue.pending.value.length > 0) event.preventDefault();
  });
}
