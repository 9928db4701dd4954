import { useEffect, useMemo } from "preact/hooks";
import { texts } from "../texts";
import { commandOfKey } from "./commands";
import { DeskContext, type Desk } from "./desk";
import { Gallery } from "./Gallery";
import { KeysHelp } from "./KeysHelp";
import { keepInStep, makeDesk } from "./makeDesk";
import { NoticeBar } from "./NoticeBar";
import { PictureView } from "./PictureView";
import { ReviewHeader } from "./ReviewHeader";
import { SidePanel } from "./SidePanel";
import { Toolbar } from "./Toolbar";
import { Waiting } from "./Waiting";
import "./review.css";

/** The review screen: a photograph, its cells, and their corrections. */
export function Review({ sample, photograph }: { sample: string; photograph: string }) {
  const desk = useMemo(() => makeDesk(photograph), [photograph]);
  useEffect(() => keepInStep(desk, sample, photograph), [desk]);
  useEffect(() => obeyKeys(desk), [desk]);
  const { store, view } = desk;
  const isCounted = store.count.value !== null;
  return (
    <DeskContext.Provider value={desk}>
      <div class="review">
        <ReviewHeader sample={sample} />
        <NoticeBar />
        {isCounted ? (
          <>
            <Toolbar />
            <section
              class="review-picture"
              aria-label={texts.value.review.title(store.photograph.value!.name)}
              aria-busy={!store.isLoaded.value}
            >
              <PictureView />
              {view.gallery.value ? <Gallery type={view.gallery.value} /> : null}
            </section>
            <SidePanel />
          </>
        ) : (
          <Waiting />
        )}
        {view.isHelpOpen.value ? <KeysHelp close={() => (view.isHelpOpen.value = false)} /> : null}
      </div>
    </DeskContext.Provider>
  );
}

function obeyKeys({ commands, store }: Desk): () => void {
  const press = (event: KeyboardEvent): void => {
    const name = commandOfKey(event);
    if (!name || store.count.value === null) return;
    const command = commands[name];
    if (!command.isPossible()) return;
    event.preventDefault();
    command.run();
  };
  addEventListener("keydown", press);
  return () => removeEventListener("keydown", press);
}
