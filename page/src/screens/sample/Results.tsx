import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { session } from "../../api/session";
import { Check } from "../../parts/Check";
import { Form } from "../../parts/Form";
import { isGoing } from "../../parts/JobProgress";
import { texts } from "../../texts";
import { PackedResults } from "./PackedResults";
import { followResults, pack, resultsOf } from "./resultsStore";
import type { Sample } from "./sampleStore";

/** What can be taken away from a sample: chosen, packed, downloaded. */
export function Results({ sample }: { sample: Sample }) {
  const { results: words } = texts.value;
  const report = useSignal(true);
  const photographs = useSignal(false);
  const formats = useSignal<string[]>([]);
  const { job } = resultsOf(sample.id);
  useEffect(() => followResults(sample.id), [sample.id]);
  const isCounted = sample.photographs.some((each) => each.count !== null);
  const choose = (format: string, isWanted: boolean): void => {
    formats.value = [...formats.value.filter((each) => each !== format), ...(isWanted ? [format] : [])];
  };
  return (
    <section class="panel side-panel" aria-labelledby="results-title">
      <h2 id="results-title">{words.title}</h2>
      {isCounted ? (
        <>
          <p class="soft small">{words.means}</p>
          <PackedResults sample={sample.id} />
          <Form
            action={words.pack}
            isReady={!isGoing(job.value)}
            onSend={() =>
              pack(sample.id, { report: report.value, photographs: photographs.value, export: formats.value })
            }
          >
            <div>
              <Check
                isOn={report.value}
                onChange={(isOn) => (report.value = isOn)}
                name={words.report}
                means={words.reportMeans}
              />
              <Check
                isOn={photographs.value}
                onChange={(isOn) => (photographs.value = isOn)}
                name={words.photographs}
                means={words.photographsMeans}
              />
            </div>
            <details>
              <summary>{words.formats}</summary>
              <fieldset class="formats">
                <legend class="hidden-visually">{words.formats}</legend>
                {session.value?.exports.map((each) => (
                  <Check
                    key={each}
                    isOn={formats.value.includes(each)}
                    onChange={(isOn) => choose(each, isOn)}
                    name={each}
                  />
                ))}
              </fieldset>
            </details>
          </Form>
        </>
      ) : (
        <p class="soft small">{words.notYet}</p>
      )}
    </section>
  );
}
