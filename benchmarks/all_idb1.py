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
from pathlib import Path
from typing import Any

import numpy as np

import hemolens
from hemolens.cell_types import CELL_NAMES, CELL_TYPES, CellType
from hemolens.cells.counters import PAPER_COUNTERS
from hemolens.evaluation.agreement import counting_accuracy, mean_absolute_error, relative_bias
from hemolens.evaluation.comparison import Comparison, compare
from hemolens.evaluation.count_error import measure_count_error
from hemolens.evaluation.matching import add_up
from hemolens.images.photograph import read_photograph
from hemolens.labels.all_idb1 import AllIdb1
from hemolens.measurements.scale import estimate_red_cell_diameter
from hemolens.models import PAPER_MODELS, MeasuredFigure, card_text, read_model
from hemolens.pipeline import choose_methods, find_all_cells
from hemolens.segmentation.network_maps import compute_probability_maps, load_model

HERE = Path(__file__).parent


def count_all(folder: Path) -> dict[tuple[CellType, str], list[tuple[str, Comparison]]]:
    """Count every test photograph with every counter, and compare: rows (photograph, comparison)."""
    data = AllIdb1(folder)
    tests = {kind: data.split(kind, "test") for kind in CELL_TYPES}
    rows: dict[tuple[CellType, str], list[tuple[str, Comparison]]] = {}
    for name in sorted({name for names in tests.values() for name in names}):
        photograph = read_photograph(data.path(name))
        diameter, shape = estimate_red_cell_diameter(photograph.pixels), photograph.shape
        # The count of a type depends on its own map and on that of the white cells, which win over both others.
        needed = [kind for kind in CELL_TYPES if name in tests[kind] or kind == "wbc"]
        maps = {
            kind: compute_probability_maps(photograph.pixels, diameter.px, load_model(PAPER_MODELS[kind]))[kind]
            for kind in needed
        }
        for counter in ("auto", *PAPER_COUNTERS):
            cells = find_all_cells(maps, choose_methods(counter, PAPER_MODELS), photograph)
            for kind in CELL_TYPES:
                if name in tests[kind]:
                    compared = compare(cells, data.truth(name, kind), kind, shape)
                    rows.setdefault((kind, counter), []).append((name, compared))
        print(f"{name}: red cells {diameter.px:.0f} px", flush=True)
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
    folder = Path(hemolens.__file__).parent / "models"
    for kind, name in PAPER_MODELS.items():
        photographs = f"the paper's {len(pairs[kind])} test photographs of ALL-IDB1, held out"
        rows = tuple(MeasuredFigure(metric=m, photographs=photographs, value=v) for m, v in results[kind].items())
        error = measure_count_error(*zip(*pairs[kind], strict=True), photographs)
        card = read_model(name).card.model_copy(update={"figures": rows, "count_error": {kind: error}})
        (folder / f"{name}.toml").write_text(card_text(card), encoding="utf-8")


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
        chosen = choose_methods(counter, PAPER_MODELS)[kind].counter
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
    models = {name: read_model(name).card.sha256 for name in PAPER_MODELS.values()}
    result = {"models": models, "records": records, "photographs": detail}
    (HERE / "all-idb1.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (HERE / "all-idb1.md").write_text(markdown(records), encoding="utf-8")
    if arguments.cards:
        best = {kind: figures([row for _, row in rows[kind, "auto"]]) for kind in CELL_TYPES}
        pairs = {kind: [(row.truth, row.count) for _, row in rows[kind, "auto"]] for kind in CELL_TYPES}
        write_cards(best, pairs)


if __name__ == "__main__":
    main()
