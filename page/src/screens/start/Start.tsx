import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api, done } from "../../api/client";
import { may } from "../../api/session";
import { Complaint } from "../../parts/Complaint";
import { when } from "../../parts/format";
import { go, samplePath } from "../../parts/router";
import { useTitle } from "../../parts/useTitle";
import { wordsOf } from "../../parts/words";
import { texts } from "../../texts";
import type { Chosen } from "../../uploads/chosen";
import { DropArea } from "../../uploads/DropArea";
import { queue } from "../../uploads/uploads";
import { Demo } from "./Demo";
import { SampleList } from "./SampleList";
import { followSamples } from "./samples";

/** The first screen: drop photographs, or go on with a sample. */
export function Start() {
  const { start } = texts.value;
  const complaint = useSignal<string | null>(null);
  useTitle(start.samples);
  useEffect(() => followSamples((error) => (complaint.value = wordsOf(error))), []);
  return (
    <div class="start">
      <div class="start-welcome">
        <h1>{start.title}</h1>
        <p class="soft">{start.lead}</p>
      </div>
      {may("reviewer") ? (
        <>
          <DropArea title={texts.value.uploads} onFiles={makeSample} />
          <Demo />
        </>
      ) : (
        <p class="remark">{start.viewer}</p>
      )}
      <Complaint words={complaint.value} />
      <SampleList />
      <p>
        <a href="/models">{texts.value.models.link}</a>
      </p>
    </div>
  );
}

/** Makes a sample of files, named by their folder or the time, and goes there while they are sent. */
async function makeSample({ files, folder }: Chosen): Promise<void> {
  const name = folder ?? texts.value.start.newName(when(new Date().toISOString()));
  const sample = await done(api.POST("/api/samples", { body: { name } }));
  queue.add(sample.id, files);
  go(samplePath(sample.id));
}
