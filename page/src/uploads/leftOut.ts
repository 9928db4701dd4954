import { megabytes } from "../parts/format";
import { texts } from "../texts";
import type { Sorted } from "./chosen";

const NAMED = 3;

function names(files: readonly File[]): string {
  const named = files.slice(0, NAMED).map((file) => file.name);
  if (files.length > NAMED) named.push(texts.value.uploads.andMore(files.length - NAMED));
  return named.join(", ");
}

/** Says which files were left out, and why; null if none was. */
export function leftOutWords({ notPhotographs, tooLarge }: Sorted, maxBytes: number): string | null {
  const { uploads } = texts.value;
  const words: string[] = [];
  if (notPhotographs.length) words.push(uploads.notPhotographs(notPhotographs.length, names(notPhotographs)));
  if (tooLarge.length) words.push(uploads.tooLarge(tooLarge.length, names(tooLarge), megabytes(maxBytes)));
  return words.length ? `${words.join(". ")}.` : null;
}
