import { may } from "../../api/session";
import { Complaint } from "../../parts/Complaint";
import { useTitle } from "../../parts/useTitle";
import { texts } from "../../texts";
import { DropArea } from "../../uploads/DropArea";
import { queue } from "../../uploads/uploads";
import { PhotographGrid } from "./PhotographGrid";
import { Results } from "./Results";
import { SampleHeading } from "./SampleHeading";
import { signOffOf, useSample } from "./sampleStore";
import { Settings } from "./Settings";
import { SignOff } from "./SignOff";
import { Summary } from "./Summary";

/** A sample: its photographs, what they say together, and what can be done with them. */
export function SampleScreen({ id }: { id: string }) {
  const { common, sample: words, uploads } = texts.value;
  const store = useSample(id);
  const sample = store.sample.value;
  useTitle(sample?.name ?? null);
  if (store.isGone.value) {
    return (
      <div class="empty">
        <p>{words.gone}</p>
        <a href="/">{common.toStart}</a>
      </div>
    );
  }
  if (sample === null) {
    return store.complaint.value === null ? (
      <p class="loading">{common.loading}</p>
    ) : (
      <Complaint words={store.complaint.value} />
    );
  }
  const mayAdd = may("reviewer") && signOffOf(sample) === undefined;
  return (
    <div class="sample">
      <SampleHeading sample={sample} store={store} />
      <Complaint words={store.complaint.value} />
      <Summary sample={sample} />
      <div class="sample-columns">
        <div class="sample-photographs">
          {mayAdd ? (
            <DropArea
              isSmall={sample.photographs.length > 0}
              title={sample.photographs.length > 0 ? { drop: uploads.dropMore, add: uploads.addMore } : uploads}
              onFiles={({ files }) => queue.add(id, files)}
            />
          ) : null}
          <PhotographGrid sample={sample} mayChange={mayAdd} />
        </div>
        <div class="sample-side">
          <SignOff sample={sample} store={store} />
          <Results sample={sample} />
          <Settings sample={sample} store={store} />
        </div>
      </div>
    </div>
  );
}
