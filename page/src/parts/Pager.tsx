import type { Signal } from "@preact/signals";
import { texts } from "../texts";

interface Props {
  /** Counts from 0. */
  page: Signal<number>;
  n_pages: number;
}

/** Turns the pages of a long list; nothing where there is only one. */
export function Pager({ page, n_pages }: Props) {
  const { sample } = texts.value;
  if (n_pages < 2) return null;
  return (
    <nav class="pager" aria-label={sample.page(page.value + 1, n_pages)}>
      <button type="button" disabled={page.value === 0} onClick={() => page.value--}>
        {sample.previous}
      </button>
      <span aria-live="polite">{sample.page(page.value + 1, n_pages)}</span>
      <button type="button" disabled={page.value >= n_pages - 1} onClick={() => page.value++}>
        {sample.next}
      </button>
    </nav>
  );
}
