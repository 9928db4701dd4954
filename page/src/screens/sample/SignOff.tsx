import { may } from "../../api/session";
import { when } from "../../parts/format";
import { texts } from "../../texts";
import { signOffOf, stateOf, type Sample, type SampleStore } from "./sampleStore";
import { SignForm } from "./SignForm";
import { SignOffEntry } from "./SignOffEntry";
import { WithdrawForm } from "./WithdrawForm";

/** Who stands up for the counts of a sample, and the way to do so. */
export function SignOff({ sample, store }: { sample: Sample; store: SampleStore }) {
  const { signOff: words } = texts.value;
  const now = signOffOf(sample);
  const earlier = sample.sign_offs.filter((each) => each !== now);
  return (
    <section class="panel side-panel" aria-labelledby="sign-off-title">
      <h2 id="sign-off-title">{words.title}</h2>
      {now ? (
        <div class="signed">
          <p>{words.signed(now.signed_by, when(now.signed_at))}</p>
          {now.comment ? <p class="soft small">{now.comment}</p> : null}
          {may("reviewer") ? <WithdrawForm sample={sample} store={store} /> : null}
          <a class="small" href="/models">
            {texts.value.models.learn}
          </a>
        </div>
      ) : (
        <Unsigned sample={sample} store={store} />
      )}
      {earlier.length ? (
        <details>
          <summary>{words.history}</summary>
          <ul class="sign-off-history">
            {earlier.map((each) => (
              <SignOffEntry key={each.signed_at} signOff={each} />
            ))}
          </ul>
        </details>
      ) : null}
    </section>
  );
}

function Unsigned({ sample, store }: { sample: Sample; store: SampleStore }) {
  const { signOff: words } = texts.value;
  const states = sample.photographs.map(stateOf);
  if (!may("reviewer")) return <p class="soft small">{words.viewer}</p>;
  if (states.includes("open") || !states.includes("counted")) return <p class="soft small">{words.notYet}</p>;
  return <SignForm sample={sample} store={store} />;
}
