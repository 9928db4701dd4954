"""Choosing a counter's settings: a search on photographs whose truth is known.

A random search around the present settings, then the best value of each setting in turn, a few rounds. Of many
photographs a third are looked at first: what is clearly worse on those is not tried on the others. The score is the
mean of counting accuracy and F1, so that false positives cannot make up for false negatives; where the truth is a
count only (white cells), it is the counting accuracy, and of platelets F1. Sources of photographs weigh the same unless
they are given weights.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from hemolens.cell_types import CellType
from hemolens.cells.cell import to_photograph
from hemolens.cells.counters import find_cells
from hemolens.cells.counters.source import CounterSettings
from hemolens.evaluation.agreement import counting_accuracy
from hemolens.evaluation.comparison import Comparison, compare
from hemolens.evaluation.matching import Detection, add_up
from hemolens.labels.all_idb1 import AllIdb1
from hemolens.labels.truth import Truth
from hemolens.measurements.scale import estimate_red_cell_diameter
from hemolens.probability_maps import ProbabilityMaps
from hemolens.segmentation.network_maps import Model, compute_probability_maps

N_ROUNDS = 3
"""Most rounds in which each setting is searched, by default."""

FIRST_LOOK = 3
"""One in three photographs of a source is in the first look; odd, since every second may be a changed copy."""
FEWEST_LOOKED_AT = 20
"""With fewer photographs in the first look than this there is none: a single one would decide too much."""
WORSE_AT_FIRST_LOOK = 0.003
"""Settings that are worse by more than this at the first look are given up."""
_BETTER = 1e-6

CORE: dict[str, list[Any]] = {
    "source": ["mask-edge", "product", "minimum"],
    "edge_weight": [0.7, 1.0, 1.4],
    "threshold": [0.2, 0.3, 0.4, 0.5, 0.6, 0.7],
    "body_threshold": [0.3, 0.4, 0.5, 0.6],
    "min_score": [0.0, 0.6, 0.75],
}
MIN_AREA: dict[CellType, list[float]] = {
    "rbc": [0.01, 0.03, 0.06, 0.1, 0.14],
    "wbc": [0.3, 0.5, 0.7, 0.9],
    "plt": [0.0, 0.004, 0.008, 0.012, 0.02],
}
CORE_AREA: dict[CellType, list[float]] = {
    "rbc": [0.01, 0.03, 0.06, 0.1, 0.14],
    "wbc": [0.1, 0.2, 0.3],
    "plt": [0.0, 0.003, 0.006],
}
SPACING: dict[CellType, list[float]] = {
    "rbc": [0.1, 0.15, 0.2, 0.25],
    "wbc": [0.3, 0.5, 0.7, 0.9, 1.1],
    "plt": [0.05, 0.1, 0.15, 0.25],
}
RELIEF: dict[str, list[Any]] = {
    "edge_weight": [0.0, 0.3, 0.6, 1.0],
    "smoothing": [0.0, 0.02, 0.04, 0.07],
    "min_height": [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5],
    "min_depth": [0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3],
    "body_threshold": [0.3, 0.4, 0.5, 0.6, 0.7],
    "min_score": [0.0, 0.5, 0.6, 0.7, 0.8],
}
PEAKS: dict[CellType, dict[str, list[Any]]] = {
    "rbc": {
        "distance_weight": [0.3, 0.5, 0.8],
        "smoothing": [0.0, 0.02],
        "min_height": [0.2, 0.3],
        "min_depth": [0.1, 0.15, 0.2, 0.3],
        "large_area": [1.1, 1.25, 1.4],
        "large_depth": [0.02, 0.05, 0.08],
        "body_threshold": [0.4, 0.5],
        "min_score": [0.0, 0.6, 0.7, 0.8],
    },
    "wbc": {**RELIEF, "mask_weight": [0.0, 0.5, 1.0], "centre_weight": [0.0, 0.5, 1.0], "edge_weight": [0.0]},
    "plt": {
        **RELIEF,
        "centre_weight": [0.0, 0.5, 1.0],
        "edge_weight": [0.0],
        "min_score": [0.0, 0.6, 0.65, 0.7, 0.75, 0.8],
    },
}
"""The one-pass network draws the centres of all types, the depth of red and white cells, and edges of red cells."""
RADII: dict[CellType, tuple[list[float], list[float]]] = {
    "rbc": ([0.25, 0.3, 0.35], [0.6, 0.7, 0.8]),
    "wbc": ([0.4, 0.5, 0.6], [1.0, 1.2, 1.5]),
    "plt": ([0.04, 0.07, 0.1], [0.2, 0.3, 0.4]),
}


class Case(NamedTuple):
    """A photograph to search on: its maps, its height and width in pixels, the truth, where it is from.

    ``weight`` is that of its source, relative to another of weight 1. ``margin_px`` and ``unsure`` are what
    :func:`~.comparison.compare` leaves out of both counts.
    """

    maps: ProbabilityMaps
    shape: tuple[int, int]
    truth: Truth
    source: str = "ALL-IDB1"
    weight: float = 1.0
    margin_px: float | None = None
    unsure: NDArray[np.float64] | None = None


def read_case(data: AllIdb1, name: str, kind: CellType, model: Model) -> Case:
    """Apply a model to a photograph of ALL-IDB1 at the diameter that the program estimates, and read the truth."""
    pixels = data.pixels(name)
    maps = compute_probability_maps(pixels, estimate_red_cell_diameter(pixels).px, model)
    return Case(maps[kind], (pixels.shape[0], pixels.shape[1]), data.truth(name, kind))


def choices(kind: CellType, counter: str) -> dict[str, list[Any]]:
    """The values tried for each setting."""
    if counter == "peaks":
        return {**PEAKS[kind], "min_area": MIN_AREA[kind], "min_distance": SPACING[kind]}
    space = {**CORE, "min_area": MIN_AREA[kind]}
    if kind != "rbc":
        del space["source"], space["edge_weight"]
    if counter == "connected-components":
        space["min_core_area"] = CORE_AREA[kind]
        space["highest_threshold"] = [0.0, 0.6, 0.7, 0.8, 0.9]
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


def score(
    cases: Sequence[Case], kind: CellType, counter: str, settings: CounterSettings, *, at_least: float = -math.inf
) -> float:
    """Mean of counting accuracy and pooled F1 over photographs (counting accuracy alone where there are no boxes).

    Of platelets F1 alone: most photographs hold one or two, of which an accuracy says little.

    The mean over sources, each with its weight. Gives up, and returns minus infinity, as soon as ``at_least`` is out
    of reach.
    """
    # Until a photograph is counted, it may turn out perfect.
    truths = [case.truth.count for case in cases]
    counts = list(truths)
    detections = [None if case.truth.boxes is None else Detection(case.truth.count, 0, 0) for case in cases]
    reached = 1.0
    for n, case in enumerate(cases):
        found = compare_case(case, kind, counter, settings)
        truths[n], counts[n], detections[n] = found.truth, found.count, found.detection
        reached = _mean_over_sources(cases, kind, truths, counts, detections)
        if reached < at_least:
            return -math.inf
    return reached


def compare_case(case: Case, kind: CellType, counter: str, settings: CounterSettings) -> Comparison:
    """Count a photograph from its maps, and compare it with its truth."""
    n_rows, n_cols = case.maps.mask.shape
    cells = to_photograph(find_cells(case.maps, counter, settings), (n_rows, n_cols), case.shape)
    return compare(cells, case.truth, kind, case.shape, case.margin_px, case.unsure)


def _mean_over_sources(
    cases: Sequence[Case],
    kind: CellType,
    truths: Sequence[int],
    counts: Sequence[int],
    detections: Sequence[Detection | None],
) -> float:
    scores, weights = [], []
    for source in dict.fromkeys(case.source for case in cases):
        own = [n for n, case in enumerate(cases) if case.source == source]
        accuracy = counting_accuracy([truths[n] for n in own], [counts[n] for n in own])
        found = [each for n in own if (each := detections[n]) is not None]
        f1 = add_up(found).f1 if found else accuracy
        scores.append(f1 if kind == "plt" else (accuracy + f1) / 2)
        weights.append(cases[own[0]].weight)
    return float(np.average(scores, weights=weights))


def first_look(cases: Sequence[Case]) -> list[Case]:
    """Choose photographs of every source for a first look; none where there would be too few."""
    sources = dict.fromkeys(case.source for case in cases)
    few = [case for source in sources for case in [each for each in cases if each.source == source][::FIRST_LOOK]]
    return few if len(few) >= FEWEST_LOOKED_AT else []


def tune(
    cases: Sequence[Case],
    kind: CellType,
    counter: str,
    start: CounterSettings,
    *,
    space: Mapping[str, Sequence[Any]] | None = None,
    n_trials: int = 40,
    n_rounds: int = N_ROUNDS,
    look_first: bool = True,
    seed: int = 0,
) -> tuple[CounterSettings, float]:
    """Search for better settings of a counter.

    Parameters
    ----------
    cases : sequence of Case
        Photographs to search on; none of those that the settings are to be measured on.
    counter : str
        Name of a counter.
    start : CounterSettings
        Settings of that counter to begin with.
    space : mapping of str to sequence, optional
        The settings searched and the values tried for each; :func:`choices` by default.
    n_trials : int
        Random changes tried before each setting is searched in turn.
    n_rounds : int
        How often each setting is searched, at most.
    look_first : bool
        Whether what is worse on a third of the photographs is given up; not where these hold few cells.

    Returns
    -------
    settings, score
        Never worse on these photographs than ``start``.

    """
    rng, search = np.random.default_rng(seed), _Search(cases, kind, counter, start, look_first)
    space = choices(kind, counter) if space is None else space
    for _ in range(n_trials):
        search.attempt({name: each[int(rng.integers(len(each)))] for name, each in space.items() if rng.random() < 0.4})
    for _ in range(n_rounds):
        before = search.best_score
        for name, values in space.items():
            for value in values:
                search.attempt({name: value})
        if search.best_score == before:
            break
    return search.best, search.best_score


class _Search:
    """The best settings so far, with their score on all photographs and at the first look."""

    def __init__(
        self, cases: Sequence[Case], kind: CellType, counter: str, start: CounterSettings, look_first: bool
    ) -> None:
        self._few = first_look(cases) if look_first else []
        self._cases, self._kind, self._counter = cases, kind, counter
        self.best, self.best_score = start, score(cases, kind, counter, start)
        self._at_first = self._look(start, -math.inf)

    def attempt(self, changed: dict[str, Any]) -> None:
        """Take over a change if it is better, unless its values contradict each other."""
        try:
            settings = type(self.best).model_validate(self.best.model_dump() | changed)
        except ValidationError:
            return
        if settings == self.best:
            return
        at_first = self._look(settings, self._at_first - WORSE_AT_FIRST_LOOK)
        if at_first == -math.inf:
            return
        reached = score(self._cases, self._kind, self._counter, settings, at_least=self.best_score)
        if reached > self.best_score + _BETTER:
            self.best, self.best_score, self._at_first = settings, reached, at_first

    def _look(self, settings: CounterSettings, at_least: float) -> float:
        return score(self._few, self._kind, self._counter, settings, at_least=at_least) if self._few else 0.0
