import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { count as shown } from "../parts/format";
import { texts } from "../texts";
import { commandOfKey } from "./commands";
import { useDesk } from "./desk";
import { arrowTarget, gridWindow } from "./gridWindow";
import { usualDiameters } from "./numbers";
import { Thumbnail } from "./Thumbnail";
import { CELL_TYPES, type Cell, type CellType } from "./types";

const SIDE_PX = 116;

/** The cells of one type as thumbnails, the most doubtful first. */
export function Gallery({ type }: { type: CellType }) {
  const { store, view } = useDesk();
  const words = texts.value.review.gallery;
  const version = store.cells.version.value;
  const isShown = view.isShown.value;
  const cells = useMemo(
    () => [...store.cells.all()].filter((cell) => cell.type === type && isShown(cell)).sort(byDoubt),
    [version, isShown, type],
  );
  return (
    <div class="gallery">
      <div class="gallery-types" role="group" aria-label={words.types}>
        {CELL_TYPES.map((each) => (
          <button key={each} type="button" aria-pressed={each === type} onClick={() => (view.gallery.value = each)}>
            <span class={`swatch swatch-${each}`} />
            {texts.value.cells[each]} <span class="soft number">{shown(store.tallies.value[each].total)}</span>
          </button>
        ))}
        <button type="button" class="quiet gallery-close" onClick={() => (view.gallery.value = null)}>
          {texts.value.review.close}
        </button>
      </div>
      <p class="soft small">{cells.length ? words.keys : words.empty}</p>
      <Grid key={type} type={type} cells={cells} />
    </div>
  );
}

function byDoubt(a: Cell, b: Cell): number {
  return a.score - b.score || (a.id < b.id ? -1 : 1);
}

/** The thumbnails that are on the screen, in a list as high as all. */
function Grid({ type, cells }: { type: CellType; cells: readonly Cell[] }) {
  const { store, view, commands, picture } = useDesk();
  const place = useRef<HTMLDivElement>(null);
  const at = useSignal(0);
  const seen = useSignal({ width: SIDE_PX, height: 600, top: 0 });
  const usual = useMemo(() => usualDiameters(store.cells.all(), 40)[type], [type]);
  const { nColumns, height, from, to } = gridWindow(cells.length, SIDE_PX, seen.value);
  const current = Math.min(at.value, cells.length - 1);
  const currentId = cells[current]?.id ?? null;

  useLayoutEffect(() => {
    const measure = (): void => {
      const { clientWidth: width, clientHeight: height, scrollTop: top } = place.current!;
      seen.value = { width, height, top };
    };
    const observer = new ResizeObserver(measure);
    observer.observe(place.current!);
    place.current!.addEventListener("scroll", measure, { passive: true });
    place.current!.focus({ preventScroll: true });
    return () => {
      observer.disconnect();
      picture.value?.element.parentElement?.focus({ preventScroll: true });
    };
  }, []);
  useEffect(() => view.select(currentId === null ? [] : [currentId]), [currentId]);
  useEffect(() => {
    const row = Math.floor(current / nColumns) * SIDE_PX;
    const { scrollTop, clientHeight } = place.current!;
    if (row < scrollTop) place.current!.scrollTop = row;
    else if (row + SIDE_PX > scrollTop + clientHeight) place.current!.scrollTop = row + SIDE_PX - clientHeight;
  }, [current, nColumns]);

  const press = (event: KeyboardEvent): void => {
    const target = arrowTarget(event.key, current, cells.length, nColumns);
    const isConfirming = commandOfKey(event) === "confirm" && commands.confirm.isPossible();
    if (target === null && !isConfirming) return;
    event.preventDefault();
    if (isConfirming) commands.confirm.run();
    at.value = target ?? Math.min(current + 1, cells.length - 1);
  };
  const find = (cell: Cell): void => {
    view.gallery.value = null;
    picture.value?.show(cell.x, cell.y, cell.diameter_px, 60);
  };
  return (
    <div
      ref={place}
      class="gallery-grid"
      role="listbox"
      tabIndex={0}
      aria-label={texts.value.review.gallery.title}
      {...(currentId === null ? {} : { "aria-activedescendant": `thumbnail-${currentId}` })}
      onKeyDown={press}
    >
      <div class="gallery-all" role="presentation" style={{ height: `${height}px` }}>
        {cells.slice(from, to).map((cell, n) => (
          <Thumbnail
            key={cell.id}
            cell={cell}
            position={from + n}
            isCurrent={from + n === current}
            width={Math.ceil(2 * Math.max(usual, cell.diameter_px))}
            left={((from + n) % nColumns) * SIDE_PX}
            top={Math.floor((from + n) / nColumns) * SIDE_PX}
            choose={() => (at.value = from + n)}
            find={() => find(cell)}
          />
        ))}
      </div>
    </div>
  );
}
