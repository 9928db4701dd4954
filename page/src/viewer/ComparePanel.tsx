import { batch, useSignal } from "@preact/signals";
import { session } from "../api/session";
import { wordsOf } from "../parts/words";
import { Complaint } from "../parts/Complaint";
import { texts } from "../texts";
import { CellSet, GRID_DIAMETERS } from "./cellSet";
import { useDesk } from "./desk";

/** Chooses the count that this one is compared with: the program's own, or that of another counter. */
export function ComparePanel() {
  const { api, store, view, readOnly } = useDesk();
  const words = texts.value.review.compare;
  const trouble = useSignal<string | null>(null);
  const attempt = async (what: () => Promise<void>): Promise<void> => {
    trouble.value = null;
    try {
      await what();
    } catch (problem) {
      trouble.value = wordsOf(problem);
    }
  };
  const own = store.count.value!.id;
  const counts = store.photograph.value?.counts ?? [];
  const choose = async (count: string): Promise<void> => {
    if (!count) return void (view.other.value = null);
    const side = store.count.value!.scale.red_cell_diameter_px * GRID_DIAMETERS;
    view.other.value = { count, cells: new CellSet(side, (await api.cellsFound(count)).cells) };
  };
  const show = async (count: string): Promise<void> => {
    await api.show(count);
    batch(() => {
      view.select([]);
      view.other.value = null;
    });
  };
  const other = view.other.value?.count ?? "";
  const { disputed, missing } = view.disagreement.value;
  return (
    <details class="compare">
      <summary>
        <h2>{words.title}</h2>
      </summary>
      <label class="field">
        <span>{words.with}</span>
        <select value={other} onChange={({ currentTarget: { value } }) => void attempt(() => choose(value))}>
          <option value="">{words.nothing}</option>
          {counts.map((count, n) => (
            <option key={count.id} value={count.id}>
              {count.id === own ? words.model : words.count(n + 1, count.settings.counter ?? "auto")}
            </option>
          ))}
        </select>
      </label>
      {view.other.value ? (
        <p class="small" role="status">
          {words.legend}.{" "}
          {disputed.size + missing.length ? words.differences(disputed.size, missing.length) : words.isSame}
        </p>
      ) : null}
      {other && other !== own ? (
        <button type="button" disabled={readOnly.value !== null} onClick={() => void attempt(() => show(other))}>
          {words.show}
        </button>
      ) : null}
      <Recount />
      <Complaint words={trouble.value} />
    </details>
  );
}

/** Counts the photograph with another counter. */
function Recount() {
  const { api, readOnly } = useDesk();
  const words = texts.value.review.compare;
  const counter = useSignal("auto");
  const said = useSignal<{ isTrouble: boolean; words: string } | null>(null);
  const start = async (): Promise<void> => {
    try {
      await api.recount(counter.value);
      said.value = { isTrouble: false, words: words.queued };
    } catch (problem) {
      said.value = { isTrouble: true, words: wordsOf(problem) };
    }
  };
  return (
    <form
      class="recount"
      onSubmit={(event) => {
        event.preventDefault();
        void start();
      }}
    >
      <label class="field">
        <span>{words.recount}</span>
        <select value={counter.value} onChange={(event) => (counter.value = event.currentTarget.value)}>
          {session.value?.counters.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      <button disabled={readOnly.value !== null}>{words.start}</button>
      <Complaint words={said.value?.isTrouble ? said.value.words : null} />
      <p role="status" class="small">
        {said.value && !said.value.isTrouble ? said.value.words : ""}
      </p>
    </form>
  );
}
