import type { Photograph } from "./sampleStore";

/** The whole photograph, small; until it has been read, an empty place. */
export function Thumbnail({ photograph }: { photograph: Photograph }) {
  if (photograph.width === null) return <div class="thumbnail thumbnail-empty" />;
  return (
    <img
      class="thumbnail"
      src={`/api/photographs/${photograph.id}/tiles/0/0/0.jpg`}
      alt=""
      loading="lazy"
      decoding="async"
    />
  );
}
