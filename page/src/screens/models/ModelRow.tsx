import type { Schema } from "../../api/client";
import { may } from "../../api/session";
import { Complaint } from "../../parts/Complaint";
import { measure } from "../../parts/format";
import { useAction } from "../../parts/useAction";
import { texts } from "../../texts";
import type { ModelsStore } from "./modelsStore";

/** A model: whether it counts, the way to have it count, and the figures of its card. */
export function ModelRow({ model, store }: { model: Schema<"Model">; store: ModelsStore }) {
  const { cells, models: words } = texts.value;
  const choose = useAction(() => store.choose(model.name));
  return (
    <li class="row">
      <span>
        <strong>{model.name}</strong> <span class="soft small">{model.types.map((each) => cells[each]).join(", ")}</span>
      </span>
      {model.is_default ? (
        <span class="badge badge-good">{words.isDefault}</span>
      ) : may("admin") ? (
        <button type="button" disabled={choose.isBusy} onClick={choose.run}>
          {words.choose(model.name)}
        </button>
      ) : null}
      <Complaint words={choose.complaint} />
      {model.figures.length ? (
        <details class="small">
          <summary>{words.figures}</summary>
          <Figures model={model} />
        </details>
      ) : null}
    </li>
  );
}

function Figures({ model }: { model: Schema<"Model"> }) {
  const { models: words } = texts.value;
  return (
    <table class="numbers-table figures-table">
      <thead>
        <tr>
          <td />
          <th scope="col">{words.value}</th>
          <th scope="col">{words.photographs}</th>
        </tr>
      </thead>
      <tbody lang="en">
        {model.figures.map(({ metric, photographs, value }) => (
          <tr key={`${metric} ${photographs}`}>
            <th scope="row">{metric}</th>
            <td class="number">{measure(value)}</td>
            <td>{photographs}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
