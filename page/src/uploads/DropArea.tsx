import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { session } from "../api/session";
import { Complaint } from "../parts/Complaint";
import { wordsOf } from "../parts/words";
import { texts } from "../texts";
import { chosenFrom, chosenIn, sortOut, type Chosen } from "./chosen";
import { leftOutWords } from "./leftOut";

interface Props {
  /** What to do with a mouse, and on a phone. */
  title: { drop: string; add: string };
  /** Called with files that the service takes by name and size, at least one. */
  onFiles: (chosen: Chosen) => Promise<void> | void;
  isSmall?: boolean;
}

/** Where photographs are dropped, chosen or taken. Dropping works anywhere on the screen. */
export function DropArea({ title, onFiles, isSmall = false }: Props) {
  const { uploads } = texts.value;
  const complaint = useSignal<string | null>(null);
  const suffixes = session.value?.suffixes ?? [];
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);

  const take = async (choosing: Promise<Chosen> | Chosen): Promise<void> => {
    const limit = session.value?.max_upload_bytes ?? Number.POSITIVE_INFINITY;
    try {
      const chosen = await choosing;
      const sorted = sortOut(chosen.files, suffixes, limit);
      complaint.value = leftOutWords(sorted, limit);
      if (sorted.good.length) await onFiles({ ...chosen, files: sorted.good });
    } catch (error) {
      complaint.value = wordsOf(error);
    }
  };
  const isOver = useDrop((dropped) => void take(chosenFrom(dropped)));
  const onInput = (event: { currentTarget: HTMLInputElement }): void => {
    const chosen = chosenIn(event.currentTarget);
    event.currentTarget.value = ""; // the same file may be chosen again
    void take(chosen);
  };

  return (
    <section class={`drop ${isSmall ? "drop-small" : ""} ${isOver.value ? "drop-over" : ""}`} aria-label={title.add}>
      {isSmall ? null : <ThreeCells />}
      <p class="drop-title">
        {isOver.value ? (
          uploads.dropNow
        ) : (
          <>
            <span class="only-pointer">{title.drop}</span>
            <span class="only-touch">{title.add}</span>
          </>
        )}
      </p>
      <div class="buttons drop-buttons">
        <button type="button" class={isSmall ? "" : "primary"} onClick={() => files.current?.click()}>
          {uploads.choose}
        </button>
        <button type="button" class="only-pointer" onClick={() => folder.current?.click()}>
          {uploads.chooseFolder}
        </button>
        <button type="button" class="only-touch" onClick={() => camera.current?.click()}>
          {uploads.take}
        </button>
      </div>
      {isSmall ? null : <p class="soft small">{uploads.accepted(suffixes.join(" "))}</p>}
      <input hidden type="file" multiple accept={suffixes.join(",")} ref={files} onChange={onInput} />
      <input hidden type="file" multiple {...{ webkitdirectory: true }} ref={folder} onChange={onInput} />
      <input hidden type="file" accept="image/*" capture="environment" ref={camera} onChange={onInput} />
      <Complaint words={complaint.value} />
    </section>
  );
}

function ThreeCells() {
  return (
    <svg class="drop-picture" viewBox="0 0 72 48" aria-hidden="true">
      {[
        [17, 28, 13],
        [45, 18, 14],
        [58, 38, 8],
      ].map(([x, y, r = 0]) => (
        <>
          <circle cx={x} cy={y} r={r} />
          <circle class="pallor" cx={x} cy={y} r={0.4 * r} />
        </>
      ))}
    </svg>
  );
}

/** Takes what is dropped anywhere on the page; tells whether files are held over it. */
function useDrop(onDrop: (dropped: DataTransfer) => void) {
  const isOver = useSignal(false);
  const latest = useRef(onDrop);
  latest.current = onDrop;
  useEffect(() => {
    const over = (event: DragEvent): void => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      isOver.value = true;
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) isOver.value = false;
    };
    const drop = (event: DragEvent): void => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      isOver.value = false;
      latest.current(event.dataTransfer);
    };
    document.addEventListener("dragover", over);
    document.addEventListener("dragleave", leave);
    document.addEventListener("drop", drop);
    return () => {
      document.removeEventListener("dragover", over);
      document.removeEventListener("dragleave", leave);
      document.removeEventListener("drop", drop);
    };
  }, []);
  return isOver;
}
