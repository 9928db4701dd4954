import { measure } from "../parts/format";
import { texts } from "../texts";
import { useDesk } from "./desk";
import type { Cell } from "./types";

const PIXELS = 160;

interface Props {
  cell: Cell;
  position: number;
  isCurrent: boolean;
  /** Of the part that is shown, in pixels of the photograph. */
  width: number;
  left: number;
  top: number;
  choose: () => void;
  find: () => void;
}

/** One cell and what is around it. */
export function Thumbnail({ cell, position, isCurrent, width, left, top, choose, find }: Props) {
  const { store, view } = useDesk();
  const [x, y, half] = [Math.round(cell.x), Math.round(cell.y), Math.max(Math.round(width / 2), 1)];
  const part = new URLSearchParams(Object.entries({ x, y, width, side: PIXELS }).map(([key, n]) => [key, String(n)]));
  return (
    <div
      id={`thumbnail-${cell.id}`}
      class="cell-thumbnail"
      role="option"
      aria-selected={isCurrent}
      style={{ left: `${left}px`, top: `${top}px` }}
      draggable={cell.type === "wbc"}
      onDragStart={choose}
      onClick={choose}
      onDblClick={find}
    >
      <img src={`/api/photographs/${store.photograph.value!.id}/part.jpg?${part}`} alt="" loading="lazy" />
      {view.areOutlinesShown.value ? (
        <svg viewBox={`${x - half} ${y - half} ${2 * half} ${2 * half}`} aria-hidden="true">
          <polygon class={`outline-${cell.type}`} points={cell.outline.join(" ")} />
        </svg>
      ) : null}
      <span class="hidden-visually">
        {texts.value.review.gallery.cell(position + 1, measure(cell.class_probability ?? cell.score))}
      </span>
      {cell.white_cell_class ? (
        <span class="cell-thumbnail-class">{texts.value.review.classes.names[cell.white_cell_class]}</span>
      ) : null}
      <span class="cell-thumbnail-score number" aria-hidden="true">{measure(cell.class_probability ?? cell.score)}</span>
      {cell.checked ? <span class="cell-thumbnail-checked" aria-hidden="true">✓</span> : null}
    </div>
  );
}
