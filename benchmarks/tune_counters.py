"""Choose the counters' settings for the paper's networks on the validation photographs of the training configurations.

    python benchmarks/tune_counters.py --data all-idb1 [--trials 40] [--cell rbc] [--counter watershed]

For each cell type and counter: a search (hemolens.evaluation.tuning) on the photographs that the training configuration
leaves out. Writes src/hemolens/cells/counters/settings.toml and benchmarks/counters.json. The paper's test
photographs are never opened.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from pathlib import Path
from typing import Any

import tomli_w

import hemolens
from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.cells.counters import PAPER_COUNTERS, settings_for
from hemolens.evaluation.tuning import Case, read_case, tune
from hemolens.labels.all_idb1 import AllIdb1
from hemolens.models import PAPER_MODELS
from hemolens.segmentation.network_maps import load_model
from hemolens.training.config import read_config

HEADING = """\
# Settings of the counters for each model and cell type; lengths in red-cell diameters, areas in red-cell discs.
# Chosen by benchmarks/tune_counters.py, which never opens a test photograph.
"""
HERE = Path(__file__).parent
SETTINGS = Path(hemolens.__file__).parent / "cells" / "counters" / "settings.toml"


def read_cases(data: AllIdb1, kind: CellType) -> list[Case]:
    """Maps, size and truth of the photographs to search on, at the diameter that the program estimates."""
    model = load_model(PAPER_MODELS[kind])
    return [read_case(data, name, kind, model) for name in read_config(kind).photographs.validation]


def write_settings(
    tables: dict[CellType, dict[str, dict[str, Any]]], records: dict[CellType, dict[str, float]]
) -> None:
    """Write the settings file; the counter with the best score becomes a type's default."""
    present = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))
    for kind in CELL_TYPES:
        scores = records.get(kind, {})
        if scores:
            present[PAPER_MODELS[kind]][kind]["default_counter"] = max(scores, key=lambda counter: scores[counter])
        present[PAPER_MODELS[kind]][kind] |= tables.get(kind, {})
    SETTINGS.write_text(f"{HEADING}\n{tomli_w.dumps(present)}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--counter", choices=list(PAPER_COUNTERS), action="append")
    parser.add_argument("--cell", choices=CELL_TYPES, action="append")
    arguments = parser.parse_args()
    tables: dict[CellType, dict[str, dict[str, Any]]] = {}
    scores: dict[CellType, dict[str, float]] = {}
    for kind in arguments.cell or CELL_TYPES:
        cases = read_cases(AllIdb1(arguments.data), kind)
        tables[kind], scores[kind] = {}, {}
        for counter in arguments.counter or PAPER_COUNTERS:
            start = settings_for(PAPER_MODELS[kind], kind, counter)
            found, reached = tune(cases, kind, counter, start, n_trials=arguments.trials)
            tables[kind][counter] = found.model_dump()
            scores[kind][counter] = round(reached, 4)
            print(kind, counter, f"{reached:.4f}", tables[kind][counter], flush=True)
    recorded = HERE / "counters.json"
    earlier = json.loads(recorded.read_text(encoding="utf-8")) if recorded.exists() else {}
    for kind in CELL_TYPES:
        scores[kind] = earlier.get(kind, {}) | scores.get(kind, {})
    recorded.write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")
    write_settings(tables, scores)


if __name__ == "__main__":
    main()
