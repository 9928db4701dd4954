import { texts } from "../texts";
import { useDesk } from "./desk";

/** Says what the chosen tool does. */
export function ToolHint() {
  const { view, readOnly } = useDesk();
  const words = texts.value.review.hints;
  const tool = view.tool.value;
  const hint = tool in words ? words[tool as keyof typeof words] : words.add;
  return readOnly.value || (tool === "select" && view.selection.value.size) ? null : <p class="tool-hint">{hint}</p>;
}
