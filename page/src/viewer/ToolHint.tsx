import { texts } from "../texts";
import { useDesk } from "./desk";

/** Says what the chosen tool does. */
export function ToolHint() {
  const { view, readOnly } = useDesk();
  const words = texts.value.review.hints;
  const tool = view.tool.value;
  const hint = tool === "rbc" || tool === "wbc" || tool === "plt" ? words.add : words[tool];
  return readOnly.value || (tool === "select" && view.selection.value.size) ? null : <p class="tool-hint">{hint}</p>;
}
