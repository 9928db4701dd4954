"""Choose the counters' settings for the default model, and for its folds, on photographs none of them is measured on.

    python benchmarks/tune_default_model.py --data data --weights benchmarks/weights [--only one-pass] [--type rbc]
        [--trials 12] [--counter watershed]

There are six models: the default one and five folds, trained alike. The first three are each without some capture
sessions of ALL-IDB1; the folds are each without one of the sources. The settings of a model are searched
(hemolens.evaluation.tuning) on photographs of ALL-IDB1 that the others of the first three have not seen, drawn by
those, and on boxed photographs that were left out of its own training: a network draws what it was fitted to better
than other photographs, and settings chosen there do not suit others. A source that a model has not seen has no part in
its settings. Of every boxed photograph a copy is searched on as well, with changed colours, light or sharpness and a
scale that is 5 % off: settings must hold there too. A photograph that a model is measured on is never among those that
its settings are chosen on, nor is one of the CBC test or of those of bionet that are held out. A fold that has not
been trained yet is passed over.

The score that a cell gets is made a probability on the same photographs: isotonic regression of true or false
positive on the counter's own score (Zadrozny and Elkan, KDD 2002).

Peaks are searched for, others on request (--counter, several times), from neutral settings or those that the model
had, whichever do better; of those searched for, the best is the default one. A counter of the paper that is not
searched for keeps what it had, or gets its settings for the paper's own network of that cell type: they are in red-
cell diameters, so they fit another scale.

Writes the settings into the card of each model.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bionet import fields_of
from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.cells.counters import COUNTERS, PAPER_COUNTERS
from hemolens.cells.counters.peaks import PeaksSettings
from hemolens.cells.counters.source import CounterSettings
from hemolens.evaluation.calibration import calibration_error, fit_score_points
from hemolens.evaluation.robustness import CHANGES
from hemolens.evaluation.tuning import Case, score, tune
from hemolens.images.photograph import read_photograph
from hemolens.labels.all_idb1 import AllIdb1
from hemolens.labels.truth import Truth, fit_to_frame
from hemolens.measurements.scale import estimate_red_cell_diameter
from hemolens.models.card import CountersOfType
from hemolens.models.store import PAPER_MODELS, read_card, shipped_models, write_card
from hemolens.segmentation.network_maps import Model, compute_probability_maps, load_model
from hemolens.training.config import read_config
from hemolens.training.counter_settings import judged_scores
from hemolens.training.labelled_folders import allowed_names, part_of, read_source

DEFAULT = "one-pass"
SESSION_FOLDS = (DEFAULT, "one-pass-fold-2", "one-pass-fold-3")
"""Models that have each not seen other capture sessions of ALL-IDB1; together none has seen all."""

UNSEEN_SOURCES = {
    "one-pass-fold-2": ("bcdd_ankara", "annotations.csv"),
    "one-pass-fold-3": ("txl_pbc", "annotations_raabin_trainval.csv"),
    "one-pass-fold-4": ("bionet", "annotations.csv"),
    "one-pass-fold-5": ("bccd_cbc", "annotations_txl.csv"),
    "one-pass-fold-6": ("all-idb1", "outlines, counts and masks"),
}
"""The source that a fold was not trained on, nor its settings chosen on: folder and table."""

FOLDS = (DEFAULT, *UNSEEN_SOURCES)

N_BOXED = 12
"""Photographs of each boxed source, at most."""

N_OTHER = 9
"""Photographs of ALL-IDB1 without outlined red cells from each fold, at most; of those with outlines, all."""

COPY_CHANGES = tuple(name for name in CHANGES if not name.startswith(("size", "turn")))
"""What is done to the copies of photographs, in turn: what leaves every cell where it is."""

RULER_ERRORS = (0.95, 1.05)
"""Copies are drawn with a diameter that is wrong by such a factor, in turn: such are errors of the scale."""

OUTLINES_WEIGHT = 3.0
"""Of ALL-IDB1 for red cells, relative to a boxed source: outlines say more than boxes."""

NOT_ALL_BOXED = ("rbc", "bccd_cbc")
"""Type and source whose cells lack boxes too often to choose settings on: finding them would be a fault."""

NO_PLATELET_TRUTH = {"S12"}
"""Capture sessions in which stain deposit is marked as platelets."""

START: dict[CellType, dict[str, Any]] = {
    "rbc": {
        "distance_weight": 0.5,
        "smoothing": 0.02,
        "min_height": 0.25,
        "min_depth": 0.2,
        "large_area": 1.25,
        "large_depth": 0.05,
        "body_threshold": 0.4,
        "min_area": 0.1,
        "min_score": 0.7,
    },
    "wbc": {"centre_weight": 0},
    "plt": {
        "centre_weight": 0,
        "distance_weight": 0,
        "mask_weight": 1,
        "body_threshold": 0.3,
        "min_height": 0.05,
        "min_distance": 0.05,
        "min_depth": 0.05,
        "min_area": 0.02,
        "min_score": 0.7,
    },
}
"""What the network draws of a type is what its peaks are looked for in."""

PLATELETS = {
    "min_score": [0.6, 0.65, 0.7, 0.72, 0.75, 0.77, 0.8],
    "smoothing": [0.0, 0.02],
    "centre_weight": [0.0, 0.5],
    "min_area": [0.008, 0.02],
    "body_threshold": [0.3, 0.4],
    "min_depth": [0.02, 0.05],
}
"""What is searched for platelets: most photographs of the search hold few, so more would be chance."""


def load_fold(name: str, weights: Path) -> Model:
    """Load the default model, or a fold from the folder of weights."""
    return load_model(place_of(name, weights))


def place_of(name: str, weights: Path) -> str:
    """Name of the default model, or path of a fold."""
    return name if name in shipped_models() else str(weights / f"{name}.onnx")


def unseen_of_all_idb1(name: str, data: Path) -> Iterator[tuple[Path, dict[CellType, Truth]]]:
    """Photographs of ALL-IDB1 that a fold has not seen, an even choice of them, with all that is labelled."""
    all_idb1 = AllIdb1.within(data)
    labelled = {kind: set(all_idb1.counted(kind)) for kind in CELL_TYPES}
    labelled["plt"] = {each for each in labelled["plt"] if all_idb1.sessions[each] not in NO_PLATELET_TRUTH}
    outlined = [each for each in read_config(name).photographs.test if each in labelled["rbc"]]
    other = [each for each in read_config(name).photographs.test if each not in labelled["rbc"]]
    for photograph in (*outlined, *evenly(other, N_OTHER)):
        kinds = [kind for kind in CELL_TYPES if photograph in labelled[kind]]
        yield all_idb1.path(photograph), {kind: all_idb1.truth(photograph, kind) for kind in kinds}


def unseen_of_other_sources(name: str, data: Path) -> Iterator[tuple[Path, dict[CellType, Truth]]]:
    """Boxed photographs that a fold has not seen: those left out of training to choose settings on."""
    for source in read_config(name).labelled:
        folder = data / source.folder
        labels = read_source(data, source).truths
        left_out = part_of(source, allowed_names(folder, source, labels), validation=True)
        for photograph in evenly(left_out, N_BOXED):
            known = {kind: truth for kind, truth in labels[photograph].items() if kind in (source.types or CELL_TYPES)}
            yield folder / source.images / photograph, known


def evenly(names: Sequence[str], n_most: int) -> list[str]:
    """Choose at most so many, evenly spaced.

    >>> evenly(["a", "b", "c", "d", "e"], 3)
    ['a', 'c', 'e']
    """
    return list(names[:: max(1, -(-len(names) // n_most))])


def draw_unseen(name: str, data: Path, weights: Path) -> list[tuple[CellType, str, Case]]:
    """Apply a fold to photographs it has not seen and to a changed copy of each: type, name, case.

    The copies are there because what is best on a few photographs as they are may be so by chance.
    """
    model = load_fold(name, weights)
    all_idb1 = unseen_of_all_idb1(name, data) if name in SESSION_FOLDS else ()
    wanted = [(path, truths, "ALL-IDB1") for path, truths in all_idb1]
    wanted += [(path, truths, path.parts[-3]) for path, truths in unseen_of_other_sources(name, data)]
    unjudged = {each.path: (each.margin_px, each.unsure) for each in fields_of(data)}
    drawn: list[tuple[CellType, str, Case]] = []
    for n, (path, truths, source) in enumerate(wanted):
        pixels = read_photograph(path).pixels
        shape = (pixels.shape[0], pixels.shape[1])
        diameter_px = estimate_red_cell_diameter(pixels).px
        views = [(pixels, diameter_px)]
        if source != "ALL-IDB1":
            change, error = COPY_CHANGES[n % len(COPY_CHANGES)], RULER_ERRORS[n % len(RULER_ERRORS)]
            views.append((CHANGES[change](pixels), diameter_px * error))
        for each, ruler_px in views:
            maps = compute_probability_maps(each, ruler_px, model)
            for kind, truth in fit_to_frame(path.name, truths, shape).items():
                if (kind, source) == NOT_ALL_BOXED:
                    continue
                weight = OUTLINES_WEIGHT if (kind, source) == ("rbc", "ALL-IDB1") else 1.0
                margin_px, unsure = unjudged.get(path, (None, None))
                case = Case(maps[kind], shape, truth, source, weight, margin_px, unsure if kind == "plt" else None)
                drawn.append((kind, path.stem, case))
    print(f"{name}: {len(wanted)} photographs drawn, and a changed copy of each", flush=True)
    return drawn


def start_of(kind: CellType, counter: str) -> CounterSettings:
    """Neutral settings to begin a search with."""
    if counter == "peaks":
        return PeaksSettings.model_validate(START[kind])
    source = "mask-edge" if kind == "rbc" else "mask"
    return COUNTERS[counter].settings_model.model_validate({"source": source})


def calibrate(
    cases: Sequence[Case], kind: CellType, counter: str, settings: CounterSettings
) -> tuple[CounterSettings, str]:
    """Fit what a score means on the photographs whose cells are boxed."""
    scores, is_true_positive = judged_scores(cases, kind, counter, settings)
    if not scores:
        return settings, ""
    points = fit_score_points(scores, is_true_positive)
    error = calibration_error(scores, is_true_positive)
    report = f"{counter}: calibration error before {error:.3f}, {len(scores)} cells\n"
    return settings.model_copy(update={"score_points": tuple(points)}), report


def cases_for(name: str, kind: CellType) -> list[Case]:
    """Photographs to choose the settings of a model on: boxed ones that it drew, of ALL-IDB1 those that others drew."""
    without = set(read_config(name).photographs.test)
    no_all_idb1 = UNSEEN_SOURCES.get(name, ("",))[0] == "all-idb1"
    return [
        case
        for other, drawn in DRAWN.items()
        for each, photograph, case in drawn
        if each == kind
        and photograph not in without
        and (other == name) == (case.source != "ALL-IDB1")
        and not (no_all_idb1 and case.source == "ALL-IDB1")
    ]


def search(
    name: str,
    kind: CellType,
    counters: Sequence[str],
    known: Mapping[str, CounterSettings],
    n_trials: int,
    n_rounds: int,
) -> tuple[CountersOfType, str]:
    """Search the settings of counters for one type of a model: all its settings, and a line on each counter."""
    cases = cases_for(name, kind)
    own = dict(known)
    for counter in PAPER_COUNTERS:
        own.setdefault(counter, read_card(PAPER_MODELS[kind]).settings_for(kind, counter))
    report = ""
    for counter in counters:
        starts = [start_of(kind, counter)]
        if counter in own:
            starts.append(own[counter])
        start = max(starts, key=lambda settings: score(cases, kind, counter, settings))
        found, _ = tune(
            cases, kind, counter, start, n_trials=n_trials, n_rounds=n_rounds, look_first=kind != "plt",
            space=PLATELETS if (kind, counter) == ("plt", "peaks") else None,
        )  # fmt: skip
        found, text = calibrate(cases, kind, counter, found)
        report += text
        own[counter] = found
    scores = {counter: score(cases, kind, counter, own[counter]) for counter in counters}
    best = max(scores, key=lambda counter: scores[counter])
    return CountersOfType(default=best, settings=own), f"{name} {kind}, {len(cases)} photographs: {scores}\n{report}"


DRAWN: dict[str, list[tuple[CellType, str, Case]]] = {}
"""What each fold drew; processes that search get it by being forked."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--only", choices=FOLDS, action="append")
    parser.add_argument("--counter", choices=COUNTERS, action="append", help="peaks by default")
    parser.add_argument("--type", choices=CELL_TYPES, action="append", help="all three by default")
    parser.add_argument("--trials", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=1)
    arguments = parser.parse_args()
    trained = [name for name in FOLDS if name == DEFAULT or (arguments.weights / f"{name}.onnx").exists()]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        drawn = threads.map(lambda name: draw_unseen(name, arguments.data, arguments.weights), trained)
        DRAWN.update(zip(trained, drawn, strict=True))
    tasks = [(name, kind) for kind in arguments.type or CELL_TYPES for name in arguments.only or trained]
    counters = arguments.counter or ["peaks"]
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("fork")) as pool:
        found = {}
        for name, kind in tasks:
            own = read_card(place_of(name, arguments.weights)).counters.get(kind)
            known = {} if own is None else own.settings
            found[name, kind] = pool.submit(search, name, kind, counters, known, arguments.trials, arguments.rounds)
        for (name, kind), future in found.items():
            chosen, report = future.result()
            print(report, flush=True)
            card = read_card(place_of(name, arguments.weights))
            write_card(
                place_of(name, arguments.weights), card.model_copy(update={"counters": card.counters | {kind: chosen}})
            )


if __name__ == "__main__":
    main()
