import { texts } from "../texts";
import { CommandButton } from "./CommandButton";
import type { CommandName } from "./commands";

export const GROUPS: Record<"choose" | "change" | "history" | "doubts" | "view", readonly CommandName[]> = {
  choose: ["select", "lasso", "addRbc", "addWbc", "addPlt", "addMiddle"],
  change: ["confirm", "remove", "toRbc", "toWbc", "toPlt", "split", "merge", "redraw"],
  history: ["undo", "redo"],
  doubts: ["previousDoubt", "nextDoubt", "gallery"],
  view: ["fit", "zoomIn", "zoomOut", "outlines", "help"],
};

/** All that can be done, as buttons. */
export function Toolbar() {
  const words = texts.value.review;
  return (
    <div class="toolbar" role="toolbar" aria-label={words.tools}>
      {Object.entries(GROUPS).map(([group, names]) => (
        <div key={group} class="toolbar-group" role="group" aria-label={words.groups[group as keyof typeof GROUPS]}>
          {names.map((name) => (
            <CommandButton key={name} name={name} />
          ))}
        </div>
      ))}
    </div>
  );
}
