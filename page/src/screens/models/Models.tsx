import { Complaint } from "../../parts/Complaint";
import { useTitle } from "../../parts/useTitle";
import { texts } from "../../texts";
import { Learning } from "./Learning";
import { ModelRow } from "./ModelRow";
import { useModels } from "./modelsStore";

/** Which model counts, and learning another one from corrections. */
export function Models() {
  const { common, models: words } = texts.value;
  const store = useModels();
  const models = store.models.value;
  useTitle(words.title);
  return (
    <div class="models">
      <a href="/">← {common.toStart}</a>
      <h1>{words.title}</h1>
      <Complaint words={store.complaint.value} />
      {models === null ? (
        <p class="loading">{common.loading}</p>
      ) : (
        <>
          <Learning models={models} store={store} />
          <section class="panel side-panel" aria-labelledby="counts-title">
            <h2 id="counts-title">{words.counts}</h2>
            <p class="soft small">{words.stays}</p>
            <ul class="rows">
              {models.models.map((each) => (
                <ModelRow key={each.name} model={each} store={store} />
              ))}
            </ul>
          </section>
        </>
      )}
    </div>
  );
}
