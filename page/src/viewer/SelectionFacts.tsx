import { measure } from "../parts/format";
import { texts } from "../texts";
import { useDesk } from "./desk";
import type { Cell, WhiteCellClass } from "./types";
import { unitOf } from "./units";

/** What is known about the cell that is selected; read aloud when it changes. */
export function SelectionFacts() {
  const { view } = useDesk();
  const words = texts.value.review.facts;
  const selected = view.selected.value;
  const doubt = view.doubt.value;
  return (
    <section class="cell-facts" aria-labelledby="facts-title">
      <h2 id="facts-title">{words.title}</h2>
      <div aria-live="polite">
        {doubt?.isMissing ? <p class="remark small">{words.missing}</p> : null}
        {doubt?.isMissing ? <Facts cell={doubt.cell} /> : null}
        {selected.length === 1 ? <Facts cell={selected[0]!} /> : null}
        {selected.length > 1 ? <p>{words.several(selected.length)}</p> : null}
        {!selected.length && !doubt?.isMissing ? <p class="soft small">{words.none}</p> : null}
      </div>
    </section>
  );
}

function Facts({ cell }: { cell: Cell }) {
  const { store } = useDesk();
  const words = texts.value.review.facts;
  const unit = unitOf(store.count.value);
  const facts: [string, string][] = [
    [words.type, texts.value.cells[cell.type]],
    ...(cell.white_cell_class ? [classOf(cell, cell.white_cell_class)] : []),
    [words.diameter, `${measure(cell.diameter_px * unit.perPx)} ${unit.name}`],
    [words.score, measure(cell.score)],
    [words.frame, cell.in_frame ? words.inFrame : words.outside],
    [words.by, cell.by === "model" ? words.model : cell.by],
    [words.state, stateOf(cell, store.awaited.value.has(cell.id))],
  ];
  return (
    <dl class="pairs small">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt class="soft">{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function classOf(cell: Cell, each: WhiteCellClass): [string, string] {
  const { classes, facts } = texts.value.review;
  const probability = cell.class_probability == null ? "" : ` (${measure(cell.class_probability)})`;
  return [facts.whiteCellClass, classes.names[each] + probability];
}

function stateOf(cell: Cell, isAwaited: boolean): string {
  const words = texts.value.review.facts;
  if (isAwaited) return words.waiting;
  if (cell.checked) return words.isChecked;
  return cell.unsure ? words.unsure : words.unchecked;
}
