"""Counts of the shipped models on the paper's test photographs of ALL-IDB1, none of which they were fitted to.

    python benchmarks/all_idb1.py --data all-idb1 [--cards]

Prints a table of the counting figures for each cell type and counter, and writes benchmarks/all-idb1.json (one record
for each figure) and benchmarks/all-idb1.md (the README's table). With --cards, the figures of the default counters and
the error of their counts go into the cards of the shipped models.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hemolens.block_count import compute_maps, find_bodies
from hemolens.cell_types import CELL_NAMES, CELL_TYPES, CellType
from hemolens.cells.cell import resolve_types
from hemolens.cells.counters import PAPER_COUNTERS
from hemolens.evaluation.agreement import counting_accuracy, mean_absolute_error, relative_bias
from hemolens.evaluation.comparison import Comparison, compare
from hemolens.evaluation.count_error import measure_count_error
from hemolens.evaluation.matching import add_up
from hemolens.images.box import Box
from hemolens.images.photograph import read_photograph
from hemolens.labels.all_idb1 import AllIdb1
from hemolens.models.card import MeasuredFigure
from hemolens.models.method import choose_methods
from hemolens.models.store import PAPER_MODELS, read_card, write_card
from hemolens.options import CountOptions
from hemolens.plan.plan import make_plan

HERE = Path(__file__).parent
MODELS = tuple(PAPER_MODELS.values())


def count_all(folder: Path) -> dict[tuple[CellType, str], list[tuple[str, Comparison]]]:
    """Count every test photograph with every counter, and compare: rows (photograph, comparison)."""
    data = AllIdb1(folder)
    tests = {kind: data.split(kind, "test") for kind in CELL_TYPES}
    rows: dict[tuple[CellType, str], list[tuple[str, Comparison]]] = {}
    for name in sorted({name for names in tests.values() for name in names}):
        photograph = read_photograph(data.path(name))
        shape, plan = photograph.shape, make_plan(photograph, CountOptions(models=MODELS))
        maps = compute_maps(plan, Box(0, 0, *shape))
        for counter in ("auto", *PAPER_COUNTERS):
            cells = resolve_types(find_bodies(replace(plan, methods=choose_methods(counter, MODELS)), maps))
            for kind in CELL_TYPES:
                if name in tests[kind]:
                    compared = compare(cells, data.truth(name, kind), kind, shape)
                    rows.setdefault((kind, counter), []).append((name, compared))
        print(f"{name}: red cells {plan.diameter.px:.0f} px", flush=True)
    return rows


def figures(rows: Sequence[Comparison]) -> dict[str, float]:
    """The figures of one cell type and counter."""
    truths, counts = [row.truth for row in rows], [row.count for row in rows]
    values = {
        "counting accuracy": counting_accuracy(truths, counts),
        "mean absolute error": mean_absolute_error(truths, counts),
        "bias": relative_bias(truths, counts),
        "exact": float(np.mean([truth == count for truth, count in zip(truths, counts, strict=True)])),
    }
    detections = [row.detection for row in rows if row.detection is not None]
    if detections:
        total = add_up(detections)
        values |= {"precision": total.precision, "recall": total.recall, "F1": total.f1}
    return {name: round(value, 4) for name, value in values.items()}


def write_cards(results: dict[CellType, dict[str, float]], pairs: dict[CellType, list[tuple[int, int]]]) -> None:
    """Put the figures of the default counters, and the error of their counts (truth, count), into the cards."""
    for kind, name in PAPER_MODELS.items():
        photographs = f"the paper's {len(pairs[kind])} test photographs of ALL-IDB1, held out"
        rows = tuple(MeasuredFigure(metric=m, photographs=photographs, value=v) for m, v in results[kind].items())
        error = measure_count_error(*zip(*pairs[kind], strict=True), photographs)
        write_card(name, read_card(name).model_copy(update={"figures": rows, "count_error": {kind: error}}))


def markdown(records: list[dict[str, Any]]) -> str:
    """Table of the default counters' figures, as the README shows it."""
    lines = [
        "| | photographs | counter | counting accuracy | mean absolute error | bias | F1 |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind in CELL_TYPES:
        rows = {row["metric"]: row for row in records if (row["cell"], row["counter"]) == (kind, "auto")}
        value = {metric: row["value"] for metric, row in rows.items()}
        f1 = f"{value['F1']:.3f}" if "F1" in value else "no boxes to match"
        lines.append(
            f"| {CELL_NAMES[kind]} | {rows['bias']['n_images']} | {rows['bias']['chosen']} "
            f"| {value['counting accuracy']:.1%} | {value['mean absolute error']:.1f} | {value['bias']:+.1%} | {f1} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cards", action="store_true")
    arguments = parser.parse_args()
    rows = count_all(arguments.data)
    records = []
    for (kind, counter), each in rows.items():
        chosen = choose_methods(counter, MODELS)[kind].counter
        values = figures([row for _, row in each])
        records += [
            {
                "cell": kind,
                "counter": counter,
                "chosen": chosen,
                "n_images": len(each),
                "metric": m,
                "value": v,
            }
            for m, v in values.items()
        ]
        print(f"{CELL_NAMES[kind]:12} {counter:22} {len(each):3} photographs  {values}")
    detail = {
        f"{kind} {name}": {"true": row.truth, "counted": row.count}
        for (kind, counter), each in rows.items()
        if counter == "auto"
        for name, row in each
    }
    models = {name: read_card(name).sha256 for name in PAPER_MODELS.values()}
    result = {"models": models, "records": records, "photographs": detail}
    (HERE / "all-idb1.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (HERE / "all-idb1.md").write_text(markdown(records), encoding="utf-8")
    if arguments.cards:
        best = {kind: figures([row for _, row in rows[kind, "auto"]]) for kind in CELL_TYPES}
        pairs = {kind: [(row.truth, row.count) for _, row in rows[kind, "auto"]] for kind in CELL_TYPES}
        write_cards(best, pairs)


if __name__ == "__main__":
    main()
