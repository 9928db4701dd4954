import { ConnectionLost, Refusal } from "../api/client";
import { texts } from "../texts";

/** Says what went wrong; what the service refuses is in its words. */
export function wordsOf(error: unknown): string {
  if (error instanceof Refusal) return error.message;
  if (error instanceof ConnectionLost) return texts.value.common.connectionLost;
  console.error(error);
  return texts.value.common.unexpected;
}
