import type { Schema } from "../api/client";
import { texts } from "../texts";
import { count, measure } from "./format";

/** White cells by class, as laboratories write them. */
export function DifferentialTable({ told, caption }: { told: Schema<"DifferentialTold">; caption: string }) {
  const words = texts.value.review.classes;
  const { erythroblasts_per_100, n_leukocytes, needed, warning } = told;
  const missing = needed.filter(({ n }) => n > 0);
  return (
    <>
      <table class="numbers-table small">
        <caption>{caption}</caption>
        <thead>
          <tr>
            <td />
            <th scope="col">n</th>
            <th scope="col">%</th>
            <th scope="col">{words.interval}</th>
          </tr>
        </thead>
        <tbody>
          {told.classes.map(({ white_cell_class: each, n, percent }) => (
            <tr key={each} data-class={each}>
              <th scope="row">{words.names[each]}</th>
              <td class="number">{count(n)}</td>
              <td class="number">{percent ? measure(percent.value) : ""}</td>
              <td class="number soft">{percent ? `${measure(percent.low)} – ${measure(percent.high)}` : ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="soft small">
        {words.leukocytes(n_leukocytes)}
        {missing.map(({ target, n }) => ` ${words.needed(n, target)}`).join("")}
        {erythroblasts_per_100 ? ` ${words.erythroblasts(measure(erythroblasts_per_100))}` : ""}
      </p>
      {warning ? <p class="remark small">{warning}</p> : null}
    </>
  );
}
