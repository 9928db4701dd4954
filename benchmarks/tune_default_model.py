"""Choose the counters' settings for the default model, and for its folds, on photographs none of them is measured on.

    python benchmarks/tune_default_model.py --data data --weights benchmarks/weights [--only one-pass] [--trials 20]

There are three models: the default one and two folds, trained alike, each without some capture sessions of ALL-IDB1;
the folds also each without one of the box-labelled sources. The settings of a model are searched
(hemolens.evaluation.tuning) on photographs that the other two have not seen, drawn by those: a network draws what it
was fitted to better than other photographs, and settings chosen there do not suit others. A photograph that a model is
measured on is never among those that its settings are chosen on.

The score that a cell gets is made a probability on the same photographs: isotonic regression of hit or false on the
counter's own score (Zadrozny and Elkan, KDD 2002), for the counter that measures best.

Writes the settings of the default model to src/hemolens/counters/settings.toml, those of the folds to
benchmarks/default-model-settings.toml.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import tomli_w

import hemolens
from hemolens.cells import to_photograph
from hemolens.config import CELL_TYPES, CellType
from hemolens.counters import COUNTERS, PAPER_COUNTERS, find_cells
from hemolens.counters.peaks import PeaksSettings
from hemolens.counters.source import CounterSettings
from hemolens.evaluation.all_idb1 import read_truth
from hemolens.evaluation.calibration import calibration_error, fit_score_points
from hemolens.evaluation.folder.compare import compare
from hemolens.evaluation.labels import read_labels
from hemolens.evaluation.paper.systems import labelled_photographs
from hemolens.evaluation.truth import Truth, fit_to_frame
from hemolens.evaluation.tuning import Case, tune
from hemolens.models import shipped_models
from hemolens.photograph import read_photograph
from hemolens.probability_maps import Model, compute_probability_maps, load_model
from hemolens.scale import estimate_red_cell_diameter
from hemolens.training.box_tables import read_boxes
from hemolens.training.setup import TrainingSetup, read_setup

DEFAULT = "one-pass"
FOLDS = (DEFAULT, "one-pass-fold-2", "one-pass-fold-3")
UNSEEN_SOURCES = {
    "one-pass-fold-2": ("bcdd_ankara", "annotations.csv", 24),
    "one-pass-fold-3": ("txl_pbc", "annotations_raabin_trainval.csv", 12),
}
"""The box-labelled source that a fold was not trained on: folder, table, and how many photographs are searched on."""

N_PHOTOGRAPHS: dict[CellType, int] = {"rbc": 8, "wbc": 16, "plt": 12}
"""Of each fold, at most: more cost hours."""

NO_PLATELET_TRUTH = {"S12"}
"""Capture sessions in which stain deposit is marked as platelets."""

SETTINGS = Path(hemolens.__file__).parent / "counters" / "settings.toml"
FOLD_SETTINGS = Path(__file__).parent / "default-model-settings.toml"
HEADING = "# Settings of the counters for the folds of the default model; chosen by benchmarks/tune_default_model.py.\n"
START: dict[CellType, dict[str, Any]] = {
    "rbc": {"edge_weight": 0.3},
    "wbc": {"centre_weight": 0},
    "plt": {"centre_weight": 0, "distance_weight": 0, "mask_weight": 1},
}
"""What the network draws of a type is what its peaks are looked for in."""


def load_fold(name: str, weights: Path) -> Model:
    """Load the default model, or a fold from the folder of weights."""
    return load_model(name if name in shipped_models() else str(weights / f"{name}.onnx"))


def never_to_tune_on(name: str) -> set[str]:
    """Photographs that a model is measured on."""
    return set(read_setup(name).photographs.test)


def all_idb1_photographs(data: Path, fold: TrainingSetup, kind: CellType, without: set[str]) -> list[str]:
    """Photographs of ALL-IDB1 that a fold has not seen, with a type labelled: an even choice of them."""
    labelled = set(labelled_photographs(data / "all-idb1", kind))
    sessions = sessions_of(data)
    names = [
        name
        for name in fold.photographs.test
        if name in labelled - without and not (kind == "plt" and sessions[name] in NO_PLATELET_TRUTH)
    ]
    return names[:: -(-len(names) // N_PHOTOGRAPHS[kind])] if names else []


def sessions_of(data: Path) -> dict[str, str]:
    """Capture session of each photograph of ALL-IDB1."""
    import csv

    with (data / "all-idb1" / "images.csv").open(newline="", encoding="utf-8") as file:
        return {row["image"]: row["session"] for row in csv.DictReader(file)}


def cases_for(name: str, data: Path, weights: Path) -> dict[CellType, list[Case]]:
    """Photographs to choose a model's settings on, drawn by models that have not seen them."""
    found: dict[CellType, list[Case]] = {kind: [] for kind in CELL_TYPES}
    for other in FOLDS:
        if other == name:
            continue
        model, without = load_fold(other, weights), never_to_tune_on(name)
        wanted: dict[Path, dict[CellType, Truth]] = {}
        for kind in CELL_TYPES:
            for photograph in all_idb1_photographs(data, read_setup(other), kind, without):
                path = data / "all-idb1" / "images" / f"{photograph}.jpg"
                wanted.setdefault(path, {})[kind] = read_truth(data / "all-idb1", photograph, kind)
        for path, truths in wanted.items():
            for kind, case in draw(path, truths, model, "ALL-IDB1"):
                found[kind].append(case)
        if other in UNSEEN_SOURCES:
            folder, table, _ = UNSEEN_SOURCES[other]
            labels = read_labels(data / "other" / folder / table, ("rbc", "wbc")).truths
            for photograph in tuned_photographs(data, other):
                path = data / "other" / folder / "images" / photograph
                for kind, case in draw(path, dict(labels[photograph]), model, folder):
                    found[kind].append(case)
    return found


def tuned_photographs(data: Path, fold: str) -> list[str]:
    """Photographs of the source that a fold has not seen, which settings are chosen on: an even choice."""
    folder, table, n_photographs = UNSEEN_SOURCES[fold]
    names = sorted(read_boxes(data / "other" / folder / table))
    return names[:: len(names) // n_photographs][:n_photographs]


def draw(path: Path, truths: dict[CellType, Truth], model: Model, source: str) -> Iterator[tuple[CellType, Case]]:
    """Apply a model to a photograph, at the diameter that the program estimates."""
    pixels = read_photograph(path).pixels
    shape = (pixels.shape[0], pixels.shape[1])
    maps = compute_probability_maps(pixels, estimate_red_cell_diameter(pixels).px, model)
    for kind, truth in fit_to_frame(path.name, truths, shape).items():
        yield kind, Case(maps[kind], shape, truth, source)


def start_of(kind: CellType, counter: str) -> CounterSettings:
    """Neutral settings to begin a search with."""
    if counter == "peaks":
        return PeaksSettings.model_validate(START[kind])
    source = "mask-edge" if kind == "rbc" else "mask"
    return COUNTERS[counter].settings_model.model_validate({"source": source})


def calibrate(cases: Sequence[Case], kind: CellType, settings: PeaksSettings) -> PeaksSettings:
    """Fit what a score means on the photographs whose cells are boxed."""
    scores: list[float] = []
    is_hit: list[bool] = []
    for maps, shape, truth, _ in cases:
        if truth.boxes is not None:
            n_rows, n_cols = maps.mask.shape
            cells = to_photograph(find_cells(maps, "peaks", settings), (n_rows, n_cols), shape)
            found = compare(cells, truth, kind, shape)
            scores += [cell.score for cell in (*found.hits, *found.false)]
            is_hit += [True] * len(found.hits) + [False] * len(found.false)
    if not scores:
        return settings
    points = fit_score_points(scores, is_hit)
    print(f"{kind}: calibration error {calibration_error(scores, is_hit):.3f}, {len(scores)} cells", flush=True)
    return settings.model_copy(update={"score_points": tuple(points)})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--only", choices=FOLDS, action="append")
    parser.add_argument("--trials", type=int, default=20)
    arguments = parser.parse_args()
    for name in arguments.only or FOLDS:
        cases = cases_for(name, arguments.data, arguments.weights)
        own: dict[str, dict[str, Any]] = {}
        for kind in CELL_TYPES:
            scores: dict[str, float] = {}
            own[kind] = {}
            for counter in ("peaks", *PAPER_COUNTERS) if name == DEFAULT else ("peaks",):
                found, scores[counter] = tune(
                    cases[kind], kind, counter, start_of(kind, counter), n_trials=arguments.trials
                )
                if isinstance(found, PeaksSettings):
                    found = calibrate(cases[kind], kind, found)
                own[kind][counter] = found.model_dump(mode="json")
                print(name, kind, counter, f"{scores[counter]:.4f}", own[kind][counter], flush=True)
            own[kind]["default_counter"] = max(scores, key=lambda counter: scores[counter])
        write(name, own)


def write(name: str, own: dict[str, dict[str, Any]]) -> None:
    """Put the settings of a model into the file they belong to."""
    path = SETTINGS if name == DEFAULT else FOLD_SETTINGS
    text = path.read_text(encoding="utf-8") if path.exists() else HEADING
    heading = "".join(f"{line}\n" for line in text.splitlines() if line.startswith("#"))
    path.write_text(f"{heading}\n{tomli_w.dumps(tomllib.loads(text) | {name: own})}", encoding="utf-8")


if __name__ == "__main__":
    main()
