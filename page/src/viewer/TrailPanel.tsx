import { when } from "../parts/format";
import { texts } from "../texts";
import { useDesk } from "./desk";
import type { Done } from "./types";

const MOST = 100;

/** Who corrected what, and when; the newest first. */
export function TrailPanel() {
  const { store } = useDesk();
  const words = texts.value.review.trail;
  const trail = store.trail.value;
  return (
    <details class="trail">
      <summary>
        <h2>{words.title}</h2>
        <span class="badge number">{trail.length}</span>
      </summary>
      {trail.length ? null : <p class="soft small">{words.none}</p>}
      <ol class="small" reversed>
        {trail
          .slice(-MOST)
          .reverse()
          .map((each) => (
            <li key={each.id}>
              <strong>{each.actor}</strong> {words.actions[each.action] ?? each.action}
              {each.reverses === null ? `: ${words.cells(nCells(each))}` : ""}{" "}
              <time class="soft" dateTime={each.at}>
                {when(each.at)}
              </time>
            </li>
          ))}
      </ol>
      {trail.length > MOST ? <p class="soft small">{words.more(trail.length - MOST)}</p> : null}
    </details>
  );
}

/** How many cells were corrected; of one that was added, what it made. */
function nCells({ changes }: Done): number {
  return changes.filter((each) => each.before).length || changes.length;
}
