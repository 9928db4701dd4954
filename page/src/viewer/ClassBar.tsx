import type { Signal } from "@preact/signals";
import { count as shown } from "../parts/format";
import { texts } from "../texts";
import { useDesk } from "./desk";
import type { WhiteCellClass } from "./types";
import { CLASS_KEYS, countClasses, WHITE_CELL_CLASSES } from "./whiteCellClasses";

/** Which white cells are listed. */
export type Shelf = "all" | WhiteCellClass;

/** The classes of white cells: to list those of one, and to name what is selected, by key, by button or by dragging. */
export function ClassBar({ shelf, name }: { shelf: Signal<Shelf>; name: (each: WhiteCellClass) => void }) {
  const { store, view } = useDesk();
  const words = texts.value.review.classes;
  store.cells.version.value;
  const counts = countClasses(store.cells.all());
  return (
    <div class="class-bar">
      <div class="gallery-types" role="group" aria-label={words.listed}>
        <button type="button" aria-pressed={shelf.value === "all"} onClick={() => (shelf.value = "all")}>
          {words.all}
        </button>
        {WHITE_CELL_CLASSES.filter((each) => counts.has(each)).map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={shelf.value === each}
            onClick={() => (shelf.value = each)}
          >
            {words.names[each]} <span class="soft number">{shown(counts.get(each) ?? 0)}</span>
          </button>
        ))}
      </div>
      <div class="class-names" role="group" aria-label={words.name}>
        <span class="soft small">{words.name}</span>
        {WHITE_CELL_CLASSES.map((each) => (
          <button
            key={each}
            type="button"
            disabled={!view.mayName.value}
            onClick={() => name(each)}
            onDragOver={(event) => event.preventDefault()}
            onDrop={(event) => {
              event.preventDefault();
              name(each);
            }}
          >
            <kbd>{CLASS_KEYS[each]}</kbd> {words.names[each]}
          </button>
        ))}
      </div>
    </div>
  );
}
