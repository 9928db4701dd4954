/** The review screen: a photograph, its cells, and their corrections. */
export function Review({ sample, photograph }: { sample: string; photograph: string }) {
  return <p>{`${sample} ${photograph}`}</p>;
}
