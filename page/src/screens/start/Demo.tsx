import { api, done } from "../../api/client";
import { Complaint } from "../../parts/Complaint";
import { go, samplePath } from "../../parts/router";
import { useAction } from "../../parts/useAction";
import { texts } from "../../texts";

/** Makes a sample of drawn smears and goes there. */
export function Demo() {
  const { start } = texts.value;
  const draw = useAction(async () => {
    const sample = await done(api.POST("/api/demo"));
    go(samplePath(sample.id));
  });
  return (
    <div class="demo">
      <p class="soft">{start.demoMeans}</p>
      <button type="button" disabled={draw.isBusy} onClick={draw.run}>
        {draw.isBusy ? start.demoBegins : start.demo}
      </button>
      <Complaint words={draw.complaint} />
    </div>
  );
}
