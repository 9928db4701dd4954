/** All that can be done, with its keys: the keyboard, the toolbar and the list of keys are made from this table. */
import type { Doubt } from "./doubt";
import type { Picture } from "./picture";
import type { ReviewStore } from "./reviewStore";
import type { ReviewView, Tool } from "./reviewView";
import type { Tools } from "./tools";
import type { CellType } from "./types";

export const COMMANDS = {
  select: ["v", "Escape"],
  addRbc: ["1"],
  addWbc: ["2"],
  addPlt: ["3"],
  addMiddle: ["a"],
  lasso: ["l"],
  remove: ["Delete", "Backspace", "x"],
  toRbc: ["r"],
  toWbc: ["w"],
  toPlt: ["p"],
  confirm: [" ", "Enter"],
  split: ["s"],
  merge: ["m"],
  redraw: ["o"],
  undo: ["Ctrl+z"],
  redo: ["Ctrl+Shift+z", "Ctrl+y"],
  nextDoubt: ["n"],
  previousDoubt: ["b"],
  gallery: ["g"],
  fit: ["f"],
  zoomIn: ["+", "="],
  zoomOut: ["-"],
  left: ["ArrowLeft"],
  right: ["ArrowRight"],
  up: ["ArrowUp"],
  down: ["ArrowDown"],
  outlines: ["h"],
  previousPhotograph: ["PageUp"],
  nextPhotograph: ["PageDown"],
  help: ["?"],
} as const satisfies Record<string, readonly string[]>;

export type CommandName = keyof typeof COMMANDS;

export interface Around {
  previous: (() => void) | null;
  next: (() => void) | null;
}

export interface Command {
  run: () => void;
  /** Whether it can be done now; changing needs the right to. */
  isPossible: () => boolean;
  /** Of a switch whether it is on. */
  isOn?: () => boolean;
}

const PAN = 0.2; // of what is seen
const ZOOM = 1.5;
const LEAST_PX = 60; // of a cell that is gone to, on the screen

export function commandsOf(
  store: ReviewStore,
  view: ReviewView,
  tools: Tools,
  picture: () => Picture | null,
  mayChange: () => boolean,
  around: () => Around,
): Record<CommandName, Command> {
  const always = (): boolean => true;
  const tool = (name: Tool, isPossible = always): Command => ({
    run: () => view.choose(name),
    isPossible,
    isOn: () => view.tool.value === name,
  });
  const seeing = (run: (shown: Picture) => void): Command => ({
    run: () => picture() && run(picture()!),
    isPossible: () => view.gallery.value === null,
  });
  const hasSelection = (): boolean => mayChange() && view.selected.value.length > 0;
  const ids = (): string[] => view.selected.value.map((cell) => cell.id);
  const goThrough = (step: 1 | -1): void => showDoubt(view.goThrough(step), picture());
  /** After the doubtful cell that is looked at has been settled, the next one comes. */
  const settle = (correct: () => void) => (): void => {
    const isGoingThrough = view.doubt.value !== null;
    correct();
    if (isGoingThrough && view.gallery.value === null) goThrough(1);
  };
  const retype = (type: CellType): Command => ({
    run: settle(() => store.correct({ action: "retype", cells: ids(), type })),
    isPossible: () => hasSelection() && view.selected.value.some((cell) => cell.type !== type),
  });
  const isMissing = (): boolean => mayChange() && view.doubt.value?.isMissing === true;
  const confirm = (): void => {
    const { cell, isMissing } = view.doubt.value ?? {};
    if (!isMissing || !cell) store.correct({ action: "confirm", cells: ids() });
    else {
      const outline = Array.from({ length: cell.outline.length / 2 }, (_, n): [number, number] => [
        cell.outline[2 * n]!,
        cell.outline[2 * n + 1]!,
      ]);
      store.correct({ action: "add", type: cell.type, point: [cell.x, cell.y], outline });
    }
  };
  return {
    select: {
      ...tool("select"),
      run: () => {
        if (view.gallery.value !== null) view.gallery.value = null;
        else if (view.tool.value === "select") view.select([]);
        view.choose("select");
      },
    },
    addRbc: tool("rbc", mayChange),
    addWbc: tool("wbc", mayChange),
    addPlt: tool("plt", mayChange),
    addMiddle: {
      run: () => picture() && tools.click({ ...picture()!.middle, isMore: false }, 0),
      isPossible: () => mayChange() && view.isAdding.value && view.gallery.value === null,
    },
    lasso: tool("lasso"),
    remove: { run: settle(() => store.correct({ action: "delete", cells: ids() })), isPossible: hasSelection },
    toRbc: retype("rbc"),
    toWbc: retype("wbc"),
    toPlt: retype("plt"),
    confirm: { run: settle(confirm), isPossible: () => hasSelection() || isMissing() },
    split: tool("split", mayChange),
    merge: {
      run: () => store.correct({ action: "merge", cells: ids() }),
      isPossible: () => mayChange() && view.selected.value.length > 1 && view.selected.value.length <= 100,
    },
    redraw: tool("redraw", mayChange),
    undo: { run: () => store.correct({ action: "undo" }), isPossible: () => mayChange() && store.mayUndo.value },
    redo: { run: () => store.correct({ action: "redo" }), isPossible: () => mayChange() && store.canRedo.value },
    nextDoubt: { run: () => goThrough(1), isPossible: always },
    previousDoubt: { run: () => goThrough(-1), isPossible: always },
    gallery: {
      run: () => (view.gallery.value = view.gallery.value ? null : "wbc"),
      isPossible: always,
      isOn: () => view.gallery.value !== null,
    },
    fit: seeing((shown) => shown.fit()),
    zoomIn: seeing((shown) => shown.zoom(ZOOM)),
    zoomOut: seeing((shown) => shown.zoom(1 / ZOOM)),
    left: seeing((shown) => shown.pan(-PAN, 0)),
    right: seeing((shown) => shown.pan(PAN, 0)),
    up: seeing((shown) => shown.pan(0, -PAN)),
    down: seeing((shown) => shown.pan(0, PAN)),
    outlines: {
      run: () => (view.areOutlinesShown.value = !view.areOutlinesShown.value),
      isPossible: always,
      isOn: () => view.areOutlinesShown.value,
    },
    previousPhotograph: { run: () => around().previous?.(), isPossible: () => around().previous !== null },
    nextPhotograph: { run: () => around().next?.(), isPossible: () => around().next !== null },
    help: { run: () => (view.isHelpOpen.value = true), isPossible: always, isOn: () => view.isHelpOpen.value },
  };
}

function showDoubt(doubt: Doubt | null, picture: Picture | null): void {
  if (doubt) picture?.show(doubt.cell.x, doubt.cell.y, doubt.cell.diameter_px, LEAST_PX);
}

const NAME_OF_KEY = new Map(
  Object.entries(COMMANDS).flatMap(([name, keys]) => keys.map((key): [string, CommandName] => [key, name as CommandName])),
);

/** The command that a key stands for; null where the key belongs to a field or a button that has the focus. */
export function commandOfKey(event: KeyboardEvent): CommandName | null {
  if (event.altKey || event.defaultPrevented) return null;
  const target = event.target as Element | null;
  if (target?.closest?.("input, select, textarea, dialog")) return null;
  if ((event.key === " " || event.key === "Enter") && target?.closest?.("button, a, summary")) return null;
  const isCtrl = event.ctrlKey || event.metaKey;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return NAME_OF_KEY.get(isCtrl ? `Ctrl+${event.shiftKey ? "Shift+" : ""}${key}` : key) ?? null;
}
