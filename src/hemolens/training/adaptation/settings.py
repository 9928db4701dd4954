"""Scale, thresholds and calibration of a model, chosen on a few photographs that its network has not seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from hemolens.cell_types import CellType
from hemolens.cells.counters.source import BodySettings, CounterSettings
from hemolens.evaluation.comparison import Comparison
from hemolens.evaluation.tuning import Case, compare_case, score
from hemolens.measurements.scale import RANGE_PX
from hemolens.models.card import CountersOfType, ModelCard
from hemolens.segmentation.network_maps import Model, compute_probability_maps
from hemolens.training.adaptation.own_photographs import OwnPhotograph
from hemolens.training.counter_settings import calibrate_scores

SCALES = (1.0, 0.87, 0.93, 1.07, 1.15)
"""Factors of the scale at which a network works, that of its card first: the program may measure red cells too large
or too small on the photographs of a laboratory."""

BETTER_SCALE = 0.01
"""Another scale must be better by so much (score of :mod:`~hemolens.evaluation.tuning`): most differ by chance."""

SEARCHED: Mapping[str, Sequence[float]] = {
    "body_threshold": (0.4, 0.5, 0.6, 0.7),
    "min_score": (0.0, 0.7, 0.8),
    "min_height": (0.2, 0.3, 0.4),
}
AREA_FACTORS = (0.7, 1.4, 1.8)
"""The thresholds that may be changed, and the factors of the smallest area of a cell. That area is mostly a matter of
how much of a cell must lie within the frame to be labelled, on which laboratories differ."""

FEWEST_SEARCHED = 20
"""With fewer labelled cells of a type its settings stay as they are."""


@dataclass(frozen=True)
class Settings:
    """How the maps of a network are counted.

    Attributes
    ----------
    scale : float
        One of :data:`SCALES`.
    counters : dict
        Cell type → its counters, for the types that are labelled.

    """

    scale: float
    counters: dict[CellType, CountersOfType]


Drawn = Mapping[float, Mapping[CellType, Case]]
"""A photograph as a network draws it: scale → cell type → maps with their truth."""


def draw(
    photograph: OwnPhotograph, model: Model, types: Sequence[CellType], scales: Sequence[float] = SCALES
) -> dict[float, dict[CellType, Case]]:
    """Apply a network to a photograph at several scales."""
    drawn: dict[float, dict[CellType, Case]] = {}
    for scale in scales:
        scaled = replace(model, card=at_scale(model.card, scale))
        maps = compute_probability_maps(photograph.pixels, photograph.diameter_px, scaled)
        drawn[scale] = {
            kind: Case(maps[kind], photograph.shape, photograph.truths[kind], source="own")
            for kind in types
            if kind in photograph.truths
        }
    return drawn


def at_scale(card: ModelCard, scale: float) -> ModelCard:
    """Give a card that asks for photographs at another scale."""
    diameter_px = min(max(round(card.red_cell_diameter_px * scale, 2), RANGE_PX[0]), RANGE_PX[1])
    return card.model_copy(update={"red_cell_diameter_px": diameter_px})


def choose_settings(
    drawn: Sequence[Drawn], start: Mapping[CellType, CountersOfType], types: Sequence[CellType], chosen_on: str
) -> Settings:
    """Choose the scale, and for each type the thresholds of the default counter and what its scores mean.

    Parameters
    ----------
    drawn : sequence of Drawn
        Photographs, each drawn by a network that has not seen it.
    start : mapping
        Counters to begin with.
    types : sequence of CellType
    chosen_on : str
        The photographs, in words.

    """
    scores = {scale: _score_of(_at(drawn, scale), start, types) for scale in SCALES}
    best = max(SCALES, key=lambda scale: scores[scale])
    scale = best if scores[best] > scores[SCALES[0]] + BETTER_SCALE else SCALES[0]
    cases = _at(drawn, scale)
    return Settings(scale, {kind: _search(kind, start[kind], cases[kind], chosen_on) for kind in types})


def compare_drawn(drawn: Drawn, settings: Settings) -> dict[CellType, Comparison]:
    """Count a photograph, and compare it with its labels."""
    compared = {}
    for kind, case in drawn[settings.scale].items():
        own = settings.counters[kind]
        compared[kind] = compare_case(case, kind, own.default, own.settings[own.default])
    return compared


def _at(drawn: Sequence[Drawn], scale: float) -> dict[CellType, list[Case]]:
    cases: dict[CellType, list[Case]] = {}
    for each in drawn:
        for kind, case in each[scale].items():
            cases.setdefault(kind, []).append(case)
    return cases


def _score_of(
    cases: Mapping[CellType, Sequence[Case]], counters: Mapping[CellType, CountersOfType], types: Sequence[CellType]
) -> float:
    """Mean over the types, each weighted with its labelled cells."""
    scores, weights = [], []
    for kind in types:
        own = counters[kind]
        scores.append(score(cases[kind], kind, own.default, own.settings[own.default]))
        weights.append(sum(case.truth.count for case in cases[kind]))
    return sum(each * weight for each, weight in zip(scores, weights, strict=True)) / max(sum(weights), 1)


def _search(kind: CellType, start: CountersOfType, cases: Sequence[Case], chosen_on: str) -> CountersOfType:
    """Make the one change that leaves the fewest errors, if any has fewer: more changes fit few cells by chance."""
    if sum(case.truth.count for case in cases) < FEWEST_SEARCHED:
        return start
    name = start.default
    plain = start.settings[name].model_copy(update={"score_points": ()})

    def n_errors(settings: CounterSettings) -> int:
        return sum(compare_case(case, kind, name, settings).n_errors for case in cases)

    found = min((plain, *_with_one_change(plain)), key=n_errors)  # the first of equals
    settings = start.settings | {name: calibrate_scores(cases, kind, name, found)}
    return start.model_copy(update={"settings": settings, "chosen_on": chosen_on})


def _with_one_change(settings: CounterSettings) -> Iterator[CounterSettings]:
    """Settings with another value of one threshold each."""
    values = {name: each for name, each in SEARCHED.items() if name in type(settings).model_fields}
    if isinstance(settings, BodySettings):
        values["min_area"] = tuple(round(settings.min_area * factor, 4) for factor in AREA_FACTORS)
    for name, each in values.items():
        yield from (settings.model_copy(update={name: value}) for value in each)
