import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { count as shown } from "../parts/format";
import { texts } from "../texts";
import { ClassBar, type Shelf } from "./ClassBar";
import { commandOfKey } from "./commands";
import { useDesk } from "./desk";
import { arrowTarget, gridWindow } from "./gridWindow";
import { usualDiameters } from "./numbers";
import { Thumbnail } from "./Thumbnail";
import { CELL_TYPES, type Cell, type CellType, type WhiteCellClass } from "./types";
import { classOf, classOfKey, doubtOf } from "./whiteCellClasses";

const SIDE_PX = 116;

/** The cells of one type as thumbnails, the most doubtful first; white cells by class, too. */
export function Gallery({ type }: { type: CellType }) {
  const { store, view } = useDesk();
  const words = texts.value.review.gallery;
  const version = store.cells.version.value;
  const isShown = view.isShown.value;
  const shelf = useSignal<Shelf>("all");
  const places = useMemo(() => new Map<string, number>(), [type]);
  const cells = useMemo(() => {
    const ofType = [...store.cells.all()].filter((cell) => cell.type === type && isShown(cell));
    const chosen = ofType.filter((cell) => shelf.value === "all" || classOf(cell) === shelf.value);
    return inPlace(chosen, places);
  }, [version, isShown, type, shelf.value]);
  const place = usePlace(cells);
  const name = (each: WhiteCellClass): void => {
    if (view.nameClass(each)) place.goOn();
  };
  const press = (event: KeyboardEvent): void => {
    const named = type === "wbc" ? classOfKey(event) : null;
    if (named === null) return;
    event.preventDefault();
    name(named);
  };
  return (
    <div class="gallery" onKeyDown={press}>
      <div class="gallery-types" role="group" aria-label={words.types}>
        {CELL_TYPES.map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={each === type}
            onClick={() => {
              shelf.value = "all";
              view.gallery.value = each;
            }}
          >
            <span class={`swatch swatch-${each}`} />
            {texts.value.cells[each]} <span class="soft number">{shown(store.tallies.value[each].total)}</span>
          </button>
        ))}
        <button type="button" class="quiet gallery-close" onClick={() => (view.gallery.value = null)}>
          {texts.value.review.close}
        </button>
      </div>
      {type === "wbc" ? <ClassBar shelf={shelf} name={name} /> : null}
      <p class="soft small">{cells.length ? (type === "wbc" ? words.classKeys : words.keys) : words.empty}</p>
      <Grid key={`${type} ${shelf.value}`} type={type} cells={cells} place={place} />
    </div>
  );
}

/**
 * By doubt, as it was when each was first seen: a cell that has been settled stays where it is, so that whoever goes
 * through them loses no place.
 */
function inPlace(cells: readonly Cell[], places: Map<string, number>): Cell[] {
  const news = cells.filter((cell) => !places.has(cell.id));
  news.sort((a, b) => doubtOf(a) - doubtOf(b) || (a.id < b.id ? -1 : 1));
  for (const cell of news) places.set(cell.id, places.size);
  return [...cells].sort((a, b) => places.get(a.id)! - places.get(b.id)!);
}

interface Place {
  current: number;
  goTo: (position: number) => void;
  goOn: () => void;
}

/** Which of the cells one is at, and selects: it is followed where others come or go before it. */
function usePlace(cells: readonly Cell[]): Place {
  const { view } = useDesk();
  const at = useSignal({ position: 0, id: "" });
  const where = (): number => {
    const found = cells.findIndex((cell) => cell.id === at.value.id);
    return found >= 0 ? found : Math.min(at.value.position, cells.length - 1);
  };
  const goTo = (position: number): void => {
    const id = cells[position]?.id ?? "";
    at.value = { position, id };
    view.select(id ? [id] : []); // at once: the next key may come before the page is drawn anew
  };
  return { current: where(), goTo, goOn: () => goTo(Math.min(where() + 1, cells.length - 1)) };
}

/** The thumbnails that are on the screen, in a list as high as all. */
function Grid({ type, cells, place }: { type: CellType; cells: readonly Cell[]; place: Place }) {
  const { store, view, commands, picture } = useDesk();
  const element = useRef<HTMLDivElement>(null);
  const seen = useSignal({ width: SIDE_PX, height: 600, top: 0 });
  const usual = useMemo(() => usualDiameters(store.cells.all(), 40)[type], [type]);
  const { nColumns, height, from, to } = gridWindow(cells.length, SIDE_PX, seen.value);
  const { current } = place;
  const currentId = cells[current]?.id ?? null;

  useLayoutEffect(() => {
    const measure = (): void => {
      const { clientWidth: width, clientHeight: height, scrollTop: top } = element.current!;
      seen.value = { width, height, top };
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element.current!);
    element.current!.addEventListener("scroll", measure, { passive: true });
    element.current!.focus({ preventScroll: true });
    return () => {
      observer.disconnect();
      picture.value?.element.parentElement?.focus({ preventScroll: true });
    };
  }, []);
  useLayoutEffect(() => view.select(currentId === null ? [] : [currentId]), [currentId]);
  useEffect(() => {
    const row = Math.floor(current / nColumns) * SIDE_PX;
    const { scrollTop, clientHeight } = element.current!;
    if (row < scrollTop) element.current!.scrollTop = row;
    else if (row + SIDE_PX > scrollTop + clientHeight) element.current!.scrollTop = row + SIDE_PX - clientHeight;
  }, [current, nColumns]);

  const press = (event: KeyboardEvent): void => {
    const target = arrowTarget(event.key, current, cells.length, nColumns);
    const isConfirming = commandOfKey(event) === "confirm" && commands.confirm.isPossible();
    if (target === null && !isConfirming) return;
    event.preventDefault();
    if (isConfirming) commands.confirm.run();
    if (target === null) place.goOn();
    else place.goTo(target);
  };
  const find = (cell: Cell): void => {
    view.gallery.value = null;
    picture.value?.show(cell.x, cell.y, cell.diameter_px, 60);
  };
  return (
    <div
      ref={element}
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
            choose={() => place.goTo(from + n)}
            find={() => find(cell)}
          />
        ))}
      </div>
    </div>
  );
}
