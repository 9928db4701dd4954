import { samplePath } from "../parts/router";
import { texts } from "../texts";
import { CommandButton } from "./CommandButton";
import { useDesk } from "./desk";

/** Which photograph it is, the way back to its sample and to its neighbours, and whether all is saved. */
export function ReviewHeader({ sample }: { sample: string }) {
  const desk = useDesk();
  const words = texts.value.review;
  const photographs = desk.sample.value?.photographs ?? [];
  const photograph = desk.store.photograph.value;
  const position = photographs.findIndex((each) => each.id === photograph?.id);
  const nWaiting = desk.store.pending.value.length;
  return (
    <div class="review-header">
      <a class="quiet-link" href={samplePath(sample)} title={words.toSample}>
        ← {desk.sample.value?.name ?? words.toSample}
      </a>
      <h1 title={photograph?.name}>{photograph?.name ?? ""}</h1>
      <span class="review-neighbours">
        <CommandButton name="previousPhotograph" />
        <span class="soft small number">{position < 0 ? "" : words.place(position + 1, photographs.length)}</span>
        <CommandButton name="nextPhotograph" />
      </span>
      <span role="status" class="soft small review-saved">
        {nWaiting ? words.waiting(nWaiting) : desk.store.trail.value.length ? words.saved : ""}
      </span>
    </div>
  );
}
