import { useEffect, useRef } from "preact/hooks";
import { texts } from "../texts";
import { useDesk } from "./desk";
import { Drawing } from "./drawing";
import { ScaleBar } from "./ScaleBar";
import { ToolHint } from "./ToolHint";

/** The photograph with its cells, to look at and to work on. */
export function PictureView() {
  const desk = useDesk();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const drawing = new Drawing(desk, place.current!);
    return () => drawing.close();
  }, [desk]);
  return (
    <div
      class={`picture tool-${desk.view.tool.value}`}
      tabIndex={0}
      role="application"
      aria-label={texts.value.review.picture}
    >
      <div ref={place} class="picture-tiles" />
      {desk.view.isAdding.value ? <div class="middle" /> : null}
      <ScaleBar />
      <ToolHint />
    </div>
  );
}
