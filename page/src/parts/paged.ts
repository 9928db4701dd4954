/** The part of a list that one page shows, and how many pages there are; a page that is gone becomes the last. */
export function paged<T>(all: readonly T[], page: number, size: number): { shown: T[]; n_pages: number } {
  const n_pages = Math.max(Math.ceil(all.length / size), 1);
  const first = Math.min(page, n_pages - 1) * size;
  return { shown: all.slice(first, first + size), n_pages };
}
