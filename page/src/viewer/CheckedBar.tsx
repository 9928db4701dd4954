import { texts } from "../texts";
import { CommandButton } from "./CommandButton";
import { useDesk } from "./desk";
import { CELL_TYPES } from "./types";

/** How much of the photograph a person has looked at. */
export function CheckedBar() {
  const { store } = useDesk();
  const words = texts.value.review.checked;
  const tallies = CELL_TYPES.map((type) => store.tallies.value[type]).filter((each) => each.inFrame !== null);
  const sum = (of: (tally: (typeof tallies)[number]) => number): number =>
    tallies.reduce((all, each) => all + of(each), 0);
  const [all, checked, unsure] = [sum((each) => each.total), sum((each) => each.checked), sum((each) => each.unsure)];
  const isKnown = CELL_TYPES.some((type) => store.count.value?.numbers[type]?.unsure != null);
  return (
    <section class="checked" aria-labelledby="checked-title">
      <h2 id="checked-title">{words.title}</h2>
      <progress max={all || 1} value={checked} aria-labelledby="checked-title" />
      <p class="checked-words small">
        <span>
          {words.of(checked, all)}
          {isKnown ? <span class="soft">{words.unsure(unsure)}</span> : null}
        </span>
        <CommandButton name="previousDoubt" />
        <CommandButton name="nextDoubt" />
      </p>
    </section>
  );
}
