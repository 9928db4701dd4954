import { texts } from "../texts";
import { useDesk } from "./desk";
import { ALL_CELLS, isNarrow, passes, type Filter } from "./filter";
import { CELL_TYPES, type CellType } from "./types";
import { unitOf } from "./units";

/** Which cells are shown, gone through and listed. */
export function FilterPanel() {
  const { store, view } = useDesk();
  store.cells.version.value;
  const words = texts.value.review.filter;
  const filter = view.filter.value;
  const change = (changed: Partial<Filter>): void => void (view.filter.value = { ...filter, ...changed });
  const unit = unitOf(store.count.value);
  const toggle = (type: CellType): void => {
    const types = new Set(filter.types);
    if (!types.delete(type)) types.add(type);
    change({ types });
  };
  return (
    <details class="cell-filter">
      <summary>
        <h2>{words.title}</h2>
        {isNarrow(filter) ? <span class="badge badge-warn">{some()}</span> : null}
      </summary>
      <fieldset>
        <legend class="hidden-visually">{words.types}</legend>
        {CELL_TYPES.map((type) => (
          <label key={type} class="check">
            <input type="checkbox" checked={filter.types.has(type)} onChange={() => toggle(type)} />
            {texts.value.cells[type]}
          </label>
        ))}
      </fieldset>
      <Range name={words.score} range={filter.score} unit={1} step="0.05" set={(score) => change({ score })} most={1} />
      <Range
        {...{ name: words.diameter(unit.name), range: filter.diameter, unit: unit.perPx, step: "any" }}
        {...{ set: (diameter) => change({ diameter }), most: Infinity }}
      />
      <label class="check">
        <input
          type="checkbox"
          checked={filter.inFrameOnly}
          onChange={() => change({ inFrameOnly: !filter.inFrameOnly })}
        />
        {words.inFrame}
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={filter.uncheckedOnly}
          onChange={() => change({ uncheckedOnly: !filter.uncheckedOnly })}
        />
        {words.unchecked}
      </label>
      <button type="button" disabled={!isNarrow(filter)} onClick={() => (view.filter.value = ALL_CELLS)}>
        {words.all}
      </button>
    </details>
  );

  function some(): string {
    const shown = [...store.cells.all()].filter((cell) => passes(filter, cell)).length;
    return words.some(shown, store.cells.size);
  }
}

interface RangeProps {
  name: string;
  range: readonly [number, number];
  /** What is shown of 1. */
  unit: number;
  step: string;
  most: number;
  set: (range: [number, number]) => void;
}

/** From and to, either of which may be left empty. */
function Range({ name, range, unit, step, most, set }: RangeProps) {
  const words = texts.value.review.filter;
  const shown = (value: number): string => (value === 0 || value === most ? "" : String(+(value * unit).toPrecision(3)));
  const end = (which: 0 | 1, otherwise: number) => (
    <input
      {...{ type: "number", min: "0", step, value: shown(range[which]), placeholder: words[which ? "to" : "from"] }}
      aria-label={`${name}, ${words[which ? "to" : "from"]}`}
      onChange={({ currentTarget: { valueAsNumber } }) => {
        const value = Number.isNaN(valueAsNumber) ? otherwise : valueAsNumber / unit;
        set(which ? [range[0], value] : [value, range[1]]);
      }}
    />
  );
  return (
    <div class="range">
      <span>{name}</span>
      {end(0, 0)}
      {end(1, most)}
    </div>
  );
}
