import { ConnectionLost, CSRF_HEADER, isUnreached, Refusal, refusalOf, sessionChanged, type Schema } from "./client";
import { isLost } from "./connection";
import { session } from "./session";

interface Options {
  /** Told how many bytes have left. */
  onProgress: (sent: number) => void;
  /** Ends it. */
  givenUp: AbortSignal;
}

/** Sends a photograph once. Throws what calls of the API throw; what is given up ends with an `AbortError`. */
export async function uploadPhotograph(sample: string, file: File, options: Options): Promise<Schema<"Photograph">> {
  try {
    return await send(sample, file, options);
  } catch (error) {
    if (error instanceof Refusal && (await sessionChanged(error.status))) return send(sample, file, options);
    throw error;
  }
}

/** XMLHttpRequest, because `fetch` does not tell how far it is. */
function send(sample: string, file: File, { onProgress, givenUp }: Options): Promise<Schema<"Photograph">> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const giveUp = (): void => request.abort();
    givenUp.addEventListener("abort", giveUp);
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded));
    request.addEventListener("abort", () => reject(new DOMException("given up", "AbortError")));
    request.addEventListener("loadend", () => {
      givenUp.removeEventListener("abort", giveUp);
      isLost.value = !givenUp.aborted && (request.status === 0 || isUnreached(request.status));
      if (isLost.value) reject(new ConnectionLost());
      else if (request.status === 201) resolve(JSON.parse(request.responseText) as Schema<"Photograph">);
      else reject(refusalOf(request.status, request.responseText, request.getResponseHeader("Retry-After")));
    });
    const form = new FormData();
    form.append("photograph", file, file.name);
    request.open("POST", `/api/samples/${sample}/photographs`);
    request.setRequestHeader(CSRF_HEADER, session.value?.csrf ?? "");
    request.send(form);
  });
}
