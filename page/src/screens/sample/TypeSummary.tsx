import type { Schema } from "../../api/client";
import type { CellType } from "../../parts/cellTypes";
import { count, measure } from "../../parts/format";
import { Swatch } from "../../parts/Swatch";
import { texts } from "../../texts";

interface Props {
  type: CellType;
  numbers: Schema<"TypeNumbers">;
}

/** What the cells of one type amount to over the fields. */
export function TypeSummary({ type, numbers }: Props) {
  const { cells, summary } = texts.value;
  const { expected, per_mm2, per_1000_rbc, unsure } = numbers;
  return (
    <div class="panel type-summary">
      <h3>
        <Swatch type={type} /> {cells[type]}
      </h3>
      <p class="type-total">
        <strong class="number">{count(numbers.total)}</strong> <span class="soft">{summary.total}</span>
      </p>
      {numbers.in_frame === null ? <p class="soft small">{summary.notLocated}</p> : null}
      <dl class="facts">
        <div>
          <dt title={summary.intervalMeans}>{summary.perField}</dt>
          <dd class="number">
            {expected === null ? (
              summary.unknown
            ) : (
              <>
                {measure(expected.value)}{" "}
                <span class="soft" title={summary.intervalMeans}>
                  ({summary.interval(measure(expected.low), measure(expected.high))})
                </span>
              </>
            )}
          </dd>
        </div>
        <div>
          <dt>{summary.perMm2}</dt>
          <dd class="number">{per_mm2 === null ? summary.unknown : measure(per_mm2)}</dd>
        </div>
        {type === "rbc" ? null : (
          <div>
            <dt>{summary.per1000}</dt>
            <dd class="number">{per_1000_rbc === null ? summary.unknown : measure(per_1000_rbc)}</dd>
          </div>
        )}
        {unsure ? (
          <div>
            <dt>{summary.unsure}</dt>
            <dd class="number">{count(unsure)}</dd>
          </div>
        ) : null}
      </dl>
    </div>
  );
}
