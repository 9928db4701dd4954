import type { CommandName } from "./commands";

/** The lines of each picture, in a square of 24. */
const LINES: Partial<Record<CommandName, string>> = {
  select: "M6 3l12 9-6 1-3 6z",
  lasso: "M12 5c5 0 8 2 8 5s-3 5-8 5-8-2-8-5 3-5 8-5zM8 15c-1 2-3 3-2 6",
  addMiddle: "M12 3v6M12 15v6M3 12h6M15 12h6",
  remove: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10 11v5M14 11v5",
  confirm: "M4 13l5 5L20 6",
  split: "M12 12m-8 0a8 6 0 1 0 16 0a8 6 0 1 0 -16 0M12 2v20",
  merge: "M9 12m-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0M15 12m-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0",
  redraw: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  undo: "M9 5L4 10l5 5M4 10h10a6 6 0 0 1 0 12h-3",
  redo: "M15 5l5 5-5 5M20 10H10a6 6 0 0 0 0 12h3",
  nextDoubt: "M4 12h12M11 6l6 6-6 6M20 5v14",
  previousDoubt: "M20 12H8M13 6l-6 6 6 6M4 5v14",
  gallery: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h6v6h-6z",
  fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  zoomIn: "M10 10m-6 0a6 6 0 1 0 12 0a6 6 0 1 0 -12 0M15 15l6 6M10 7v6M7 10h6",
  zoomOut: "M10 10m-6 0a6 6 0 1 0 12 0a6 6 0 1 0 -12 0M15 15l6 6M7 10h6",
  outlines: "M2 12c4-7 16-7 20 0-4 7-16 7-20 0zM12 12m-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0",
  previousPhotograph: "M14 5l-7 7 7 7",
  nextPhotograph: "M10 5l7 7-7 7",
  help: "M9 9a3 3 0 1 1 4 3c-1 .5-1 1-1 2M12 18v.5",
};

const CELL = "M12 12m-7 0a7 7 0 1 0 14 0a7 7 0 1 0 -14 0";
const TYPE: Partial<Record<CommandName, "rbc" | "wbc" | "plt">> = {
  ...{ addRbc: "rbc", toRbc: "rbc" },
  ...{ addWbc: "wbc", toWbc: "wbc" },
  ...{ addPlt: "plt", toPlt: "plt" },
};

/** The picture of a command; the word for it stands beside or in the label of its button. */
export function Icon({ of }: { of: CommandName }) {
  const type = TYPE[of];
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      {type ? <path class={`icon-cell icon-${type}`} d={CELL} /> : null}
      {type && of.startsWith("add") ? <path class="icon-plus" d="M12 8v8M8 12h8" /> : null}
      {type ? null : <path d={LINES[of] ?? ""} />}
    </svg>
  );
}
