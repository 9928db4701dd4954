"""A trained model → the settings of its counters and the error of its counts, on photographs left out of training.

Every second photograph that was left out is searched on; the others are counted then, so that the error of the counts
and the figures in the card are of photographs that neither training nor the search has seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CELL_NAMES, CELL_TYPES, CellType
from hemolens.cells.counters.density_sum import DensitySumSettings
from hemolens.cells.counters.peaks import PeaksSettings
from hemolens.cells.counters.source import CounterSettings, SourceSettings
from hemolens.cells.counters.watershed import Metric
from hemolens.evaluation.agreement import counting_accuracy
from hemolens.evaluation.calibration import fit_score_points
from hemolens.evaluation.count_error import measure_count_error
from hemolens.evaluation.matching import add_up
from hemolens.evaluation.tuning import Case, choices, compare_case, read_case, tune
from hemolens.labels.all_idb1 import AllIdb1
from hemolens.labels.mask_folder import boxes_of_numbers
from hemolens.labels.truth import Truth
from hemolens.models.card import CountersOfType, MeasuredFigure, ModelCard
from hemolens.models.store import DEFAULT_MODEL, PAPER_MODELS, read_card, write_card
from hemolens.segmentation.network_maps import Model, compute_probability_maps, load_model
from hemolens.statistics.uncertainty import CountError
from hemolens.training.config import TrainingConfig
from hemolens.training.smear_bank import SmearBank
from hemolens.training.sources import share_out

MOST_PHOTOGRAPHS = 24
"""Of each source, an even choice of those left out."""

FEWEST_MEASURED = 2
"""With fewer photographs that were not searched on, nothing is measured."""


class LeftOut(NamedTuple):
    """Photographs left out of training, drawn by the trained network: to search on, and to measure on."""

    searched: list[Case]
    measured: list[Case]


def choose_counter_settings(config: TrainingConfig, data: Path | SmearBank, path: Path) -> ModelCard:
    """Choose how a trained model is counted with, and put that into its card.

    The default counter of the shipped model is searched for; the paper's other counters keep their settings there:
    lengths are in red-cell diameters, so they fit another scale. A type of which no photograph was left out keeps all
    settings of the shipped model, and the card says so. Of a type whose density the model draws, nothing is searched:
    the sum needs no setting but its default.

    Parameters
    ----------
    config : TrainingConfig
    data : Path or SmearBank
        What it was trained on.
    path : Path
        The ONNX file, with its card beside it.

    Returns
    -------
    ModelCard
        As it was written.

    """
    card = read_card(str(path))
    model = load_model(str(path), card.sha256)
    counters: dict[CellType, CountersOfType] = {}
    errors: dict[CellType, CountError] = {}
    figures: list[MeasuredFigure] = []
    for kind in card.cell_types:
        if card.draws_density(kind):
            counters[kind] = CountersOfType(
                default="density-sum",
                settings={"density-sum": DensitySumSettings()},
                chosen_on="no photograph, they are fixed",
            )
            continue
        left_out = read_left_out(config, data, kind, model)
        counters[kind] = search(kind, shipped_counters(kind, card), left_out.searched, drawn_planes(kind, card))
        if len(left_out.measured) >= FEWEST_MEASURED:
            own, error = measure(kind, counters[kind], left_out.measured)
            figures += own
            errors |= {} if error is None else {kind: error}
    card = card.model_copy(update={"counters": counters, "count_error": errors, "figures": tuple(figures)})
    write_card(str(path), card)
    return card


def shipped_counters(kind: CellType, card: ModelCard) -> CountersOfType:
    """Settings to begin with: those of the shipped model of the same kind, as far as this one draws what they read.

    The default counter is the shipped model's. Where that reads centres and there are none, it is what is usual with
    what there is: connected components of mask and edge, or a watershed on the mask alone.
    """
    shipped = read_card(DEFAULT_MODEL if card.cell_type is None else PAPER_MODELS[kind]).counters[kind]
    drawn = drawn_planes(kind, card)
    settings = {name: _reading_only(own, drawn) for name, own in shipped.settings.items()}
    default = shipped.default
    if "centre" not in drawn:
        settings.pop("peaks", None)
        if default == "peaks":
            default = "connected-components" if "edge" in drawn else "watershed"
    return CountersOfType(default=default, settings=settings)


def drawn_planes(kind: CellType, card: ModelCard) -> set[str]:
    """What a model draws of a cell type: ``mask`` and perhaps ``edge``, ``distance``, ``centre``."""
    return {name.rpartition(".")[2] for name in card.outputs if card.cell_type or name.startswith(f"{kind}.")}


def _reading_only(settings: CounterSettings, drawn: set[str]) -> CounterSettings:
    """Change settings so that a counter asks for nothing that is not drawn."""
    changed: dict[str, Any] = {}
    if isinstance(settings, SourceSettings) and "edge" not in drawn:
        changed = {"source": "mask"}
    if isinstance(settings, PeaksSettings) and "distance" not in drawn:
        changed = {"distance_weight": 0.0}
    return settings.model_copy(update=changed)


def choices_for(kind: CellType, counter: str, drawn: set[str]) -> dict[str, list[Any]]:
    """The values tried for each setting, without settings of what is not drawn."""
    space = choices(kind, counter)
    if counter == "watershed":
        space["metric"] = list(get_args(Metric))
    if counter == "peaks" and "distance" not in drawn:
        space.setdefault("mask_weight", [0.0, 0.5, 1.0])  # around a centre, only the mask falls towards the border
    unread = {"edge": ("source", "edge_weight"), "distance": ("distance_weight",)}
    left_out = {name for plane, names in unread.items() if plane not in drawn for name in names}
    return {name: values for name, values in space.items() if name not in left_out}


def read_left_out(config: TrainingConfig, data: Path | SmearBank, kind: CellType, model: Model) -> LeftOut:
    """Apply a trained network to the photographs that were left out of its training and on which a type is labelled."""
    if isinstance(data, SmearBank):
        cases = [case for n in _evenly_left_out(config, data) for case in _case_of(data, n, kind, model)]
    else:
        names = config.photographs.validation[:MOST_PHOTOGRAPHS]
        cases = [read_case(AllIdb1(data), name, kind, model) for name in names]
    return LeftOut(cases[::2], cases[1::2])


def search(kind: CellType, start: CountersOfType, cases: Sequence[Case], drawn: set[str]) -> CountersOfType:
    """Search the settings of the default counter that concern what is drawn, and fit what its scores mean."""
    name = start.default
    if not any(case.truth.count for case in cases):
        shipped = f"a shipped model, as no photograph with labelled {CELL_NAMES[kind]} was left out of training"
        return start.model_copy(update={"chosen_on": shipped})
    plain = start.settings[name].model_copy(update={"score_points": ()})
    space = choices_for(kind, name, drawn)
    found, _ = tune(cases, kind, name, plain, space=space, n_trials=0, n_rounds=1, look_first=False)
    settings = start.settings | {name: calibrate_scores(cases, kind, name, found)}
    chosen_on = f"{len(cases)} photograph{'s' * (len(cases) > 1)} left out of training"
    return start.model_copy(update={"settings": settings, "chosen_on": chosen_on})


def calibrate_scores(cases: Sequence[Case], kind: CellType, counter: str, settings: CounterSettings) -> CounterSettings:
    """Fit what a counter's score means on the photographs whose cells are boxed; without any cell it means nothing."""
    scores, is_true = judged_scores(cases, kind, counter, settings)
    points = tuple(fit_score_points(scores, is_true)) if scores else ()
    return settings.model_copy(update={"score_points": points})


def judged_scores(
    cases: Sequence[Case], kind: CellType, counter: str, settings: CounterSettings
) -> tuple[list[float], list[bool]]:
    """Scores of the cells that are counted on boxed photographs, and whether each is a true positive."""
    scores: list[float] = []
    is_true: list[bool] = []
    for case in cases:
        if case.truth.boxes is not None:
            found = compare_case(case, kind, counter, settings)
            scores += [cell.score for cell in (*found.true_positives, *found.false_positives)]
            is_true += [True] * len(found.true_positives) + [False] * len(found.false_positives)
    return scores, is_true


def measure(
    kind: CellType, counters: CountersOfType, cases: Sequence[Case]
) -> tuple[list[MeasuredFigure], CountError | None]:
    """Measure counting accuracy, F1 and the error of counts with the default counter."""
    settings = counters.settings[counters.default]
    compared = [compare_case(case, kind, counters.default, settings) for case in cases]
    truths, counts = [each.truth for each in compared], [each.count for each in compared]
    photographs = f"{len(cases)} photographs left out of training and of the choice of settings"
    values: dict[str, float] = {}
    if sum(truths):
        values["counting accuracy"] = counting_accuracy(truths, counts)
    if detections := [each.detection for each in compared if each.detection is not None]:
        values["F1"] = add_up(detections).f1
    figures = [
        MeasuredFigure(metric=f"{CELL_NAMES[kind]}: {metric}", photographs=photographs, value=round(value, 4))
        for metric, value in values.items()
    ]
    error = measure_count_error(truths, counts, photographs) if sum(truths) and sum(counts) else None
    return figures, error


def _evenly_left_out(config: TrainingConfig, bank: SmearBank) -> list[int]:
    left_out = np.flatnonzero(share_out(config, bank, validation=True)).tolist()
    chosen: list[int] = []
    for source in dict.fromkeys(bank.sources[n] for n in left_out):
        own = [n for n in left_out if bank.sources[n] == source]
        chosen += own[:: -(-len(own) // MOST_PHOTOGRAPHS)]
    return chosen


def _case_of(bank: SmearBank, n: int, kind: CellType, model: Model) -> list[Case]:
    """Draw a photograph of a bank, which has its standard colours already; nothing where the type is not labelled."""
    plane, (n_rows, n_cols) = CELL_TYPES.index(kind), bank.shapes[n].tolist()
    window = slice(int(bank.starts[n]), int(bank.starts[n]) + n_rows * n_cols)
    known = bank.known[window, plane].cpu().numpy().reshape(n_rows, n_cols) > 0
    if not known.any():
        return []
    numbers = bank.numbers[window, plane].cpu().numpy().reshape(n_rows, n_cols).astype(np.int32)
    pixels = bank.pixels[window].cpu().numpy().reshape(n_rows, n_cols, 3)
    as_it_is = replace(model, card=model.card.model_copy(update={"colours": None}))
    maps = compute_probability_maps(pixels, bank.red_cell_diameter_px, as_it_is)[kind]
    boxes = boxes_of_numbers(numbers)
    margin_px, unsure = _unjudged(known)
    truth = Truth(len(boxes), boxes)
    return [Case(maps, (n_rows, n_cols), truth, bank.sources[n], margin_px=margin_px, unsure=unsure)]


def _unjudged(known: NDArray[np.bool_]) -> tuple[float | None, NDArray[np.float64] | None]:
    """Width of the frame in which nothing is known, and boxes of where else nothing is.

    >>> known = np.ones((6, 8), bool)
    >>> known[0], known[3, 4] = False, False
    >>> _unjudged(known)
    (1.0, array([[3., 4., 4., 5.]]))
    """
    from scipy import ndimage

    rows, cols = np.flatnonzero(known.any(axis=1)), np.flatnonzero(known.any(axis=0))
    n_rows, n_cols = known.shape
    margin = max(rows[0], n_rows - 1 - rows[-1], cols[0], n_cols - 1 - cols[-1])
    inside = ~known
    inside[: margin or 0], inside[n_rows - margin :] = False, False
    inside[:, : margin or 0], inside[:, n_cols - margin :] = False, False
    numbered, _ = ndimage.label(inside)
    boxes = boxes_of_numbers(numbered)
    return (float(margin) if margin else None), (boxes if len(boxes) else None)
