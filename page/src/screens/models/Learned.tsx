import type { Schema } from "../../api/client";
import { count, measure } from "../../parts/format";
import { texts } from "../../texts";

/** What came of learning: the verdict, and the counts before and after beside those of people. */
export function Learned({ found }: { found: Schema<"Learned"> }) {
  const { cells, models: words } = texts.value;
  return (
    <>
      <p class={found.model ? "verdict-good" : "remark"}>
        {found.model ? words.better(found.model, found.start) : words.notBetter(found.start)}
      </p>
      <table class="numbers-table small">
        <caption>{words.beforeAfter}</caption>
        <thead>
          <tr>
            <td />
            {[words.labelled, words.before, words.after, words.f1Before, words.f1After].map((each) => (
              <th key={each} scope="col">
                {each}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {found.types.map(({ type, labelled, before, after }) => (
            <tr key={type}>
              <th scope="row">{cells[type]}</th>
              <td class="number">{count(labelled)}</td>
              <td class="number">{count(before.count)}</td>
              <td class="number">{count(after.count)}</td>
              <td class="number">{measure(before.f1)}</td>
              <td class="number">{measure(after.f1)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="soft small">
        {words.measured(found.n_photographs, measure(found.seconds))} <span lang="en">{found.notes.join(" ")}</span>
      </p>
    </>
  );
}
