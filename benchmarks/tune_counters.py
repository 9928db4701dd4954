"""Choose the counters' settings on training and validation photographs of the training set-ups.

    python benchmarks/tune_counters.py --data all-idb1 [--trials 40] [--cell rbc] [--counter watershed]

For each cell type and counter: a random search around the present settings, then the best value of each one in turn.
The score is the mean of counting accuracy and F1 (white cells: counting accuracy alone, since their masks join touching
cells), so that false finds cannot make up for misses. White cells and platelets: on the photographs left out of
training. Red cells: on those two and the eight fitted ones, since the two hold hardly any pile. Writes
src/hemolens/counters/settings.toml and benchmarks/counters.json. The paper's test photographs are never opened.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

import hemolens
from hemolens.cells import to_photograph
from hemolens.config import CELL_TYPES, CellType
from hemolens.counters import COUNTERS, find_cells, settings_for
from hemolens.evaluation.agreement import counting_accuracy
from hemolens.evaluation.all_idb1 import Truth, detect, read_truth
from hemolens.evaluation.matching import add_up
from hemolens.models import DEFAULT_MODELS
from hemolens.photograph import read_photograph
from hemolens.probability_maps import ProbabilityMaps, compute_probability_maps, load_model
from hemolens.scale import estimate_red_cell_diameter
from hemolens.training.setup import read_setup

HERE = Path(__file__).parent
SETTINGS = Path(hemolens.__file__).parent / "counters" / "settings.toml"

CORE: dict[str, list[Any]] = {
    "source": ["mask-edge"],
    "edge_weight": [0.7, 1.0, 1.5],
    "threshold": [0.2, 0.3, 0.4, 0.5, 0.6, 0.7],
    "body_threshold": [0.3, 0.4, 0.5, 0.6],
    "min_score": [0.0, 0.6, 0.75],
}
MIN_AREA: dict[CellType, list[float]] = {
    "rbc": [0.01, 0.03, 0.06, 0.1],
    "wbc": [0.3, 0.5, 0.7, 0.9],
    "plt": [0.0, 0.004, 0.008, 0.012, 0.02],
}
SPACING: dict[CellType, list[float]] = {
    "rbc": [0.1, 0.15, 0.2, 0.25],
    "wbc": [0.3, 0.5, 0.7, 0.9, 1.1],
    "plt": [0.05, 0.1, 0.15, 0.25],
}
RADII: dict[CellType, tuple[list[float], list[float]]] = {
    "rbc": ([0.25, 0.3, 0.35], [0.6, 0.7, 0.8]),
    "wbc": ([0.4, 0.5, 0.6], [1.0, 1.2, 1.5]),
    "plt": ([0.04, 0.07, 0.1], [0.2, 0.3, 0.4]),
}
Case = tuple[ProbabilityMaps, tuple[int, int], Truth]


def choices(kind: CellType, counter: str) -> dict[str, list[Any]]:
    """The values tried for each setting."""
    space = {**CORE, "min_area": MIN_AREA[kind]}
    if kind != "rbc":
        del space["source"], space["edge_weight"]
    if counter == "connected-components":
        space["min_core_area"] = [value / 3 for value in MIN_AREA[kind]]
        space["keep_coreless"] = [False, True]
    elif counter == "watershed":
        space["smoothing"] = [0.0, 0.02, 0.04]
        space["min_distance"] = SPACING[kind]
        space["min_depth"] = [0.0, 0.02, 0.04, 0.06]
        space["min_height"] = [0.0, 0.02, 0.05, 0.1]
        space["keep_coreless"] = [False, True]
    else:
        del space["threshold"]
        if kind == "rbc":
            space["source"] = ["mask", "edge", "mask-edge"]
        space["smoothing"] = [0.0, 0.02, 0.04]
        space["min_distance"] = SPACING[kind]
        space["votes"] = [0.1, 0.15, 0.2, 0.25, 0.3, 0.4]
        space["radius_min"], space["radius_max"] = RADII[kind]
        space["min_cover"] = [0.3, 0.5, 0.7]
        space["min_own"] = [0.0, 0.15, 0.3, 0.45]
        space["canny_threshold"] = [0.2, 0.4, 0.6]
    return space


def read_cases(folder: Path, kind: CellType) -> list[Case]:
    """Maps, size and truth of the validation photographs, at the diameter that the program estimates."""
    model, cases = load_model(DEFAULT_MODELS[kind]), []
    photographs = read_setup(kind).photographs
    for name in photographs.validation + (photographs.train if kind == "rbc" else ()):
        pixels = read_photograph(folder / "images" / f"{name}.jpg").pixels
        maps = compute_probability_maps(pixels, estimate_red_cell_diameter(pixels).px, model)
        cases.append((maps, (pixels.shape[0], pixels.shape[1]), read_truth(folder, name, kind)))
    return cases


def score(cases: list[Case], kind: CellType, counter: str, values: dict[str, Any]) -> float:
    """Mean of counting accuracy and F1 over the validation photographs; −inf for values that contradict."""
    try:
        settings = COUNTERS[counter].settings_model.model_validate(values)
    except ValidationError:
        return float("-inf")
    counts, detections = [], []
    for maps, shape, truth in cases:
        n_rows, n_cols = maps.mask.shape
        cells = to_photograph(find_cells(maps, counter, settings), (n_rows, n_cols), shape)
        counts.append(len(cells))
        detection = detect(truth, cells, kind)
        if detection is not None:
            detections.append(detection)
    accuracy = counting_accuracy([truth.count for _, _, truth in cases], counts)
    return (accuracy + add_up(detections).f1) / 2 if detections else accuracy


def search(cases: list[Case], kind: CellType, counter: str, n_trials: int) -> tuple[dict[str, Any], float]:
    """Random search, then each setting in turn until nothing improves."""
    space, rng = choices(kind, counter), np.random.default_rng(0)
    best = settings_for(kind, counter).model_dump()
    best_score = score(cases, kind, counter, best)
    for _ in range(n_trials):
        changed = {name: each[rng.integers(len(each))] for name, each in space.items() if rng.random() < 0.4}
        tried = score(cases, kind, counter, best | changed)
        if tried > best_score:
            best, best_score = best | changed, tried
    improved = True
    while improved:
        improved = False
        for name, values in space.items():
            for value in values:
                tried = score(cases, kind, counter, best | {name: value})
                if tried > best_score + 1e-6:
                    best, best_score, improved = best | {name: value}, tried, True
    return best, best_score


def toml_value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else f"{value:g}"


def write_settings(tables: dict[CellType, dict[str, dict[str, Any]]], records: dict[str, dict[str, float]]) -> None:
    """Write the settings file; the counter with the best score becomes a type's default."""
    present = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))
    lines = [
        "# Settings of the counters for each cell type; lengths in red-cell diameters, areas in red-cell discs.",
        "# Chosen by benchmarks/tune_counters.py, which never opens a test photograph.",
    ]
    for kind in CELL_TYPES:
        scores = records.get(kind, {})
        best = max(scores, key=lambda counter: scores[counter]) if scores else present[kind]["default_counter"]
        lines += ["", f"[{kind}]", f'default_counter = "{best}"']
        for counter in COUNTERS:
            values = tables.get(kind, {}).get(counter, present[kind][counter])
            lines += ["", f"[{kind}.{counter}]"]
            lines += [f"{name} = {toml_value(value)}" for name, value in values.items()]
    SETTINGS.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--counter", choices=list(COUNTERS), action="append")
    parser.add_argument("--cell", choices=CELL_TYPES, action="append")
    arguments = parser.parse_args()
    tables: dict[CellType, dict[str, dict[str, Any]]] = {}
    scores: dict[CellType, dict[str, float]] = {}
    for kind in arguments.cell or CELL_TYPES:
        cases = read_cases(arguments.data, kind)
        tables[kind], scores[kind] = {}, {}
        for counter in arguments.counter or COUNTERS:
            tables[kind][counter], reached = search(cases, kind, counter, arguments.trials)
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
