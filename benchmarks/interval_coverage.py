"""How often the 95 % intervals of counts contain the truth, by simulation.

    python benchmarks/interval_coverage.py

Writes benchmarks/interval-coverage.json (one record for each row) and benchmarks/interval-coverage.md. No photograph is
needed: the last table reads what benchmarks/default_model.py recorded.

- One field: Poisson numbers, the exact interval of their mean; and what becomes of it on an uneven smear, since one
  field cannot show how much fields differ.
- Several fields: Poisson numbers around means that differ from field to field by a gamma distribution, the
  quasi-Poisson interval of the mean of the smear, and beside it what the percentile bootstrap over fields does.
- With the model's error: a model with false negatives and false positives that comes out high or low by smear; its
  error is measured on other photographs, as for a card, and then both intervals are asked for a new smear.
- A site's factor: measured on smears, then used on another one.
- Default model: the photographs of each laboratory by the error measured on the others.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from default_model import error_on, error_tables
from hemolens.cell_types import CELL_NAMES, CELL_TYPES
from hemolens.evaluation.count_error import measure_count_error
from hemolens.evaluation.site_factor import CountedSmear, fit_factor
from hemolens.statistics.counts import Counts, FrameCounts
from hemolens.statistics.summary import CountedField, summarise
from hemolens.statistics.uncertainty import (
    Interval,
    corrected_count,
    mean_per_field,
    poisson_interval,
    with_model_error,
)

HERE = Path(__file__).parent
N_TIMES = 3000
N_BOOTSTRAP = 999
RATE, FALSE, SPREAD = 0.9, 0.05, 0.06
"""Recall of the simulated model, its false positives for each cell, and its spread between smears."""

Generator = np.random.Generator


def holds(interval: Interval, truth: float) -> bool:
    """Whether an interval contains the truth."""
    return interval.low <= truth <= interval.high


def share(once: Callable[[], bool], n_times: int = N_TIMES) -> float:
    """How often something is true."""
    return round(sum(once() for _ in range(n_times)) / n_times, 4)


def one_field(rng: Generator, mean: float, variation: float) -> float:
    """Coverage of the exact interval of one field."""
    return share(lambda: holds(poisson_interval(*draw_fields(rng, mean, variation, 1)), mean))


def draw_fields(rng: Generator, mean: float, variation: float, n: int) -> list[int]:
    """True numbers of cells on fields of a smear whose density varies by a relative standard deviation."""
    densities = mean * rng.gamma(1 / variation**2, variation**2, n) if variation else np.full(n, mean)
    return [int(count) for count in rng.poisson(densities)]


def several_fields(rng: Generator, mean: float, variation: float, n: int) -> dict[str, float]:
    """Coverage of the quasi-Poisson interval, and of the percentile bootstrap."""
    drawn = [draw_fields(rng, mean, variation, n) for _ in range(N_TIMES)]
    inside = 0
    for counts in drawn:
        means = rng.choice(counts, (N_BOOTSTRAP, n)).mean(axis=1)
        low, high = np.percentile(means, (2.5, 97.5))
        inside += bool(low <= mean <= high)
    return {
        "quasi-Poisson": round(sum(holds(mean_per_field(counts), mean) for counts in drawn) / N_TIMES, 4),
        "bootstrap": round(inside / N_TIMES, 4),
    }


def count_by_model(rng: Generator, truth: int, luck: float) -> int:
    """Count a photograph as a model would that finds most cells and some that are none."""
    return int(rng.binomial(truth, min(RATE + luck, 1.0)) + rng.poisson(FALSE * truth))


def with_model(rng: Generator, mean: float, n_photographs: int, n_fields: int) -> dict[str, float]:
    """Coverage of the mean of the smear and of the true number on a photograph, by an error measured on others."""
    n_mean = n_photograph = 0
    for _ in range(N_TIMES):
        truths = draw_fields(rng, mean, 0.5, n_photographs)
        counts = [count_by_model(rng, truth, rng.normal(0, SPREAD)) for truth in truths]
        if not sum(counts):
            continue
        error = measure_count_error(truths, counts, "simulated")
        luck = rng.normal(0, SPREAD)
        fields = draw_fields(rng, mean, 0.2 if n_fields > 1 else 0.0, n_fields)
        counted = [count_by_model(rng, truth, luck) for truth in fields]
        n_mean += holds(with_model_error(mean_per_field(counted), error), mean)
        n_photograph += holds(corrected_count(counted[0], error), fields[0])
    return {"mean of the smear": round(n_mean / N_TIMES, 4), "this photograph": round(n_photograph / N_TIMES, 4)}


def with_site(rng: Generator, mean: float, n_smears: int, n_fields: int, spread: float = 0.15) -> float:
    """Coverage of estimates per microlitre by a factor that was measured on other smears."""

    def smear() -> CountedSmear:
        own_mean = mean * float(np.exp(rng.normal(0, 0.5)))
        counts = draw_fields(rng, own_mean, 0.2, n_fields)
        return CountedSmear(counts, 15_000 * own_mean * float(np.exp(rng.normal(0, spread))))

    def once() -> bool:
        factor = fit_factor([each for each in (smear() for _ in range(n_smears)) if sum(each.counts)])
        new = smear()
        fields = [
            CountedField(Counts(0, 0, n), FrameCounts(Counts(0, 0, n), 1), None, True, {}, "accept") for n in new.counts
        ]
        estimate = summarise(fields, {"plt": factor})["plt"].per_ul
        return estimate is not None and holds(estimate, new.per_ul)

    return share(once)


def default_model() -> list[dict[str, Any]]:
    """Photographs of each laboratory whose true number is held by the error measured on the other laboratories."""
    counted = json.loads((HERE / "default-model.json").read_text(encoding="utf-8"))["photographs"]
    rows = []
    for kind in CELL_TYPES:
        measured_on = error_tables(counted, kind)
        for table in dict.fromkeys((*measured_on, "CBC test, TXL re-labels")):
            error = error_on(counted, kind, [each for each in measured_on if each != table])
            pairs = list(counted[f"{table}, {kind}"].values())
            inside = sum(holds(corrected_count(count, error), truth) for truth, count in pairs)
            rows.append({"cell": kind, "on": table, "photographs": len(pairs), "held": inside / len(pairs)})
    return rows


def main() -> None:
    rng = np.random.default_rng(1)
    result: dict[str, list[dict[str, Any]]] = {
        "one field": [
            {"mean": mean, "variation": variation, "exact": one_field(rng, mean, variation)}
            for variation in (0.0, 0.2)
            for mean in (1, 3, 10, 30, 100, 300)
        ],
        "several fields": [
            {"mean": mean, "variation": variation, "fields": n, **several_fields(rng, mean, variation, n)}
            for mean in (3, 20, 200)
            for variation in (0.0, 0.2, 0.5)
            for n in (2, 5, 10, 30)
        ],
        "with the model's error": [
            {"mean": mean, "measured on": n, "fields": n_fields, **with_model(rng, mean, n, n_fields)}
            for mean in (5, 30, 200)
            for n in (3, 10, 30)
            for n_fields in (1, 5)
        ],
        "factor of a site": [
            {"mean": mean, "smears": n, "fields": 10, "per µl": with_site(rng, mean, n, 10)}
            for mean in (3, 12)
            for n in (5, 20)
        ],
        "default model": default_model(),
    }
    (HERE / "interval-coverage.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (HERE / "interval-coverage.md").write_text(markdown(result), encoding="utf-8")


def markdown(result: dict[str, list[dict[str, Any]]]) -> str:
    """The tables."""
    lines = [
        "# Do 95 % intervals contain the truth?",
        "",
        f"Share of {N_TIMES:,} simulated cases in which the interval contains the truth, by",
        "`benchmarks/interval_coverage.py`. `variation`: relative standard deviation of the density between fields.",
        "",
        "- The exact interval of a few cells contains the truth in more than 95 % of cases: "
        "whole numbers leave no choice.",
        "- One field cannot show how uneven a smear is: where fields differ, its interval is too narrow for the smear.",
        "- Default model: photographs of a laboratory whose interval, by the error of others, contains the truth.",
    ]
    for title, rows in result.items():
        lines += ["", f"## {title.capitalize()}", ""]
        lines += [f"| {' | '.join(rows[0])} |", "|" + "---|" * len(rows[0])]
        for row in rows:
            named = {key: CELL_NAMES.get(value, value) for key, value in row.items()}
            texts = [f"{value:.1%}" if isinstance(value, float) and key != "variation" else str(value)
                     for key, value in named.items()]  # fmt: skip
            lines.append(f"| {' | '.join(texts)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
