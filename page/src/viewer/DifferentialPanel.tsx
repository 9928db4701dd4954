import { DifferentialTable } from "../parts/DifferentialTable";
import { count as shown } from "../parts/format";
import { texts } from "../texts";
import { useDesk } from "./desk";
import { agreement, readingsOf, WHITE_CELL_CLASSES, type Readings } from "./whiteCellClasses";

/** White cells by class, on this photograph and over the sample, and what each reader has named. */
export function DifferentialPanel() {
  const { store, sample } = useDesk();
  const words = texts.value.review.classes;
  const here = store.count.value?.differential;
  if (!here) return null;
  store.cells.version.value;
  const readings = readingsOf(store.trail.value, (cell) => store.cells.get(cell) !== null);
  const whole = sample.value?.differential;
  const isOne = sample.value?.photographs.length === 1;
  return (
    <details class="differential" open>
      <summary>
        <h2>{words.title}</h2>
      </summary>
      <div class={store.isUpToDate.value ? "" : "stale"}>
        <DifferentialTable told={here} caption={words.here} />
      </div>
      {whole && !isOne ? <DifferentialTable told={whole} caption={words.inSample} /> : null}
      {readings.size > 1 ? <Readers readings={readings} /> : null}
    </details>
  );
}

/** What readers have named, side by side. */
function Readers({ readings }: { readings: Readings }) {
  const words = texts.value.review.classes;
  const readers = [...readings.keys()];
  const pairs = readers.flatMap((first, n) => readers.slice(n + 1).map((second): [string, string] => [first, second]));
  return (
    <>
      <table class="numbers-table small">
        <caption>{words.readers}</caption>
        <thead>
          <tr>
            <td />
            {readers.map((reader) => (
              <th key={reader} scope="col">
                {reader}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {WHITE_CELL_CLASSES.map((each) => (
            <tr key={each}>
              <th scope="row">{words.names[each]}</th>
              {readers.map((reader) => (
                <td key={reader} class="number">
                  {shown([...readings.get(reader)!.values()].filter((named) => named === each).length)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {pairs.map(([first, second]) => {
        const { both, same } = agreement(readings.get(first)!, readings.get(second)!);
        return (
          <p key={`${first} ${second}`} class="soft small">
            {words.agree(same, both, first, second)}
          </p>
        );
      })}
    </>
  );
}
