"""Trained models and photographs → what each counted and drew, photograph by photograph; nothing is measured twice."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.cells.cell import to_photograph
from hemolens.cells.counters import find_cells
from hemolens.cells.counters.source import CounterSettings
from hemolens.evaluation.comparison import compare
from hemolens.evaluation.matching import Detection
from hemolens.evaluation.segmentation import SegmentationScores, score_map
from hemolens.labels.all_idb1 import AllIdb1
from hemolens.labels.truth import Truth
from hemolens.measurements.scale import estimate_red_cell_diameter
from hemolens.models.card import ModelCard
from hemolens.paper.cache import Cache
from hemolens.paper.systems import System, measured_photographs
from hemolens.paper.weights import Weights
from hemolens.probability_maps import ProbabilityMaps, average_maps
from hemolens.segmentation.network_maps import compute_probability_maps, forget_models
from hemolens.training.all_idb1 import label_photograph
from hemolens.training.config import TrainingConfig, read_config

CACHE = "paper.jsonl"

ENSEMBLE = "ensemble"
"""Network name of the mean of two networks' maps."""


@dataclass(frozen=True)
class Counted:
    """One photograph counted by one network and counter; ``join`` where ways to join mask and edge are compared."""

    system: System
    counter: str
    photograph: str
    truth: int
    count: int
    detection: Detection | None
    join: str | None = None


@dataclass(frozen=True)
class Drawn:
    """One output of a network on one photograph, scored against the labels."""

    system: System
    seed: int
    output: str
    photograph: str
    scores: SegmentationScores


@dataclass(frozen=True)
class Measured:
    """All that was measured."""

    counted: list[Counted]
    drawn: list[Drawn]


_MEASURED = TypeAdapter(Measured)


def measure(
    data: Path,
    weights: Weights,
    systems: Sequence[System],
    cache: Cache,
    *,
    on_photograph: Callable[[str], None] = lambda _: None,
) -> Measured:
    """Measure the systems whose weights are there.

    Parameters
    ----------
    data : Path
        The ALL-IDB1 folder.
    weights : Weights
    systems : sequence of System
    cache : Cache
        What was measured before.
    on_photograph : callable
        Told the cell type and name of each photograph when it is measured.

    """
    result, all_idb1 = Measured([], []), AllIdb1(data)
    for cell in CELL_TYPES:
        wanted: dict[str, list[tuple[System, TrainingConfig]]] = {}
        for system in systems:
            for config in system.members() if system.cell == cell else ():
                if weights.has(config):
                    for name in measured_photographs(all_idb1, system, config):
                        wanted.setdefault(name, []).append((system, config))
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # most of the time is spent in libraries that run in parallel
            done = pool.map(
                lambda name, cell=cell, wanted=wanted: _measure_photograph(
                    _Photograph(all_idb1, name, cell, weights), _works(wanted[name], weights), cache
                ),
                sorted(wanted),
            )
            for name, measured in zip(sorted(wanted), done, strict=True):
                on_photograph(f"{cell} {name}")
                result.counted.extend(measured.counted)
                result.drawn.extend(measured.drawn)
        forget_models()  # every model keeps the memory that its largest photograph took
    return result


def _measure_photograph(photograph: _Photograph, works: Sequence[_Work], cache: Cache) -> Measured:
    result = Measured([], [])
    for work in works:
        models = (f"{card.digest}{card.colours!r}" for card in work.cards)
        what = (work.system.model_dump_json(), repr(work.settings), repr(work.joins), *models)

        def make(work: _Work = work) -> Any:
            return _MEASURED.dump_python(_measure(photograph, work), mode="json")

        measured = _MEASURED.validate_python(cache.get((*photograph.content, *what), make))
        result.counted.extend(measured.counted)
        result.drawn.extend(measured.drawn)
    return result


@dataclass(frozen=True)
class _Work:
    """What is measured at once: one network, or the mean of several.

    Attributes
    ----------
    settings : dict of str to CounterSettings
        Of every counter; empty where nothing is counted.
    joins : dict of str to CounterSettings
        Those of connected components for each way to join mask and edge; empty where these are not compared.

    """

    system: System
    configs: tuple[TrainingConfig, ...]
    cards: tuple[ModelCard, ...]
    settings: Mapping[str, CounterSettings]
    joins: Mapping[str, CounterSettings]


class _Photograph:
    """A photograph with its labels and what networks draw on it; each is made when it is first needed."""

    def __init__(self, data: AllIdb1, name: str, cell: CellType, weights: Weights) -> None:
        self.data, self.name, self.cell, self._weights = data, name, cell, weights
        self._maps: dict[str, ProbabilityMaps] = {}

    @property
    def content(self) -> tuple[str, ...]:
        """What the figures of this photograph depend on, but for the models."""
        files = self.data.path(self.name), self.data.mask_path(self.name, self.cell)
        labels = [path.read_bytes() for path in files if path.exists()]
        if self.cell == "rbc":
            labels += [outline.tobytes() for outline in self.data.outlines.get(self.name, [])]
        digests = (hashlib.sha256(each).hexdigest() for each in labels)
        return (self.cell, self.name, str(self.truth.count), *digests)

    @cached_property
    def truth(self) -> Truth:
        return self.data.truth(self.name, self.cell)

    @cached_property
    def pixels(self) -> NDArray[np.uint8]:
        return self.data.pixels(self.name)

    @cached_property
    def diameter_px(self) -> float:
        return estimate_red_cell_diameter(self.pixels).px

    def maps(self, config: TrainingConfig) -> ProbabilityMaps:
        """What the network of a configuration draws of the type."""
        if config.name not in self._maps:
            model = self._weights.load(config)
            drawn = compute_probability_maps(self.pixels, self.diameter_px, model)
            self._maps[config.name] = drawn[self.cell]
        return self._maps[config.name]


def _measure(photograph: _Photograph, work: _Work) -> Measured:
    each = [photograph.maps(config) for config in work.configs]
    maps = average_maps(each) if len(each) > 1 else each[0]
    counted = list(_count(photograph, maps, work.system, work.settings))
    for join, settings in work.joins.items():
        rows = _count(photograph, maps, work.system, {"connected-components": settings})
        counted.extend(replace(row, join=join) for row in rows)
    drawn = list(_score(photograph, maps, work.system, work.configs[0])) if len(each) == 1 else []
    return Measured(counted, drawn)


def _works(members: Sequence[tuple[System, TrainingConfig]], weights: Weights) -> list[_Work]:
    """Each network alone; where a protocol has two, also the mean of their maps, with the first one's settings."""
    alone = []
    for system, config in members:
        is_counted = system.table == "counting"
        settings = settings_of(system, config, weights) if is_counted else {}
        joins = weights.joins(config) if is_counted else {}
        alone.append(_Work(system, (config,), (weights.card(config),), settings, joins))
    together = []
    for protocol in ("paper", "honest"):
        both = [each for each in alone if each.system.protocol == protocol and each.settings]
        if len({each.system.network for each in both}) == 2:
            system = both[0].system.model_copy(update={"network": ENSEMBLE})
            configs = tuple(config for each in both for config in each.configs)
            cards = tuple(card for each in both for card in each.cards)
            together.append(_Work(system, configs, cards, both[0].settings, {}))
    return alone + together


def settings_of(system: System, config: TrainingConfig, weights: Weights) -> Mapping[str, CounterSettings]:
    """Settings of every counter for a member of a system."""
    names = [member.name for member in system.members()]
    owner = read_config(system.settings[names.index(config.name)]) if system.settings else config
    return weights.counters(owner)


def _count(
    photograph: _Photograph, maps: ProbabilityMaps, system: System, settings: Mapping[str, CounterSettings]
) -> Iterator[Counted]:
    shape = (photograph.pixels.shape[0], photograph.pixels.shape[1])
    n_rows, n_cols = maps.mask.shape
    for counter in settings:
        cells = to_photograph(find_cells(maps, counter, settings[counter]), (n_rows, n_cols), shape)
        found = compare(cells, photograph.truth, system.cell, shape)
        yield Counted(system, counter, photograph.name, found.truth, found.count, found.detection)


def _score(photograph: _Photograph, maps: ProbabilityMaps, system: System, config: TrainingConfig) -> Iterator[Drawn]:
    if not photograph.data.has_mask(photograph.name, system.cell):
        return  # counted by hand, but not outlined
    label = label_photograph(
        photograph.data, photograph.name, photograph.pixels, system.cell,
        from_px=photograph.diameter_px, to_px=config.red_cell_diameter_px,
    )  # fmt: skip
    for channel, (output, probability) in enumerate((("mask", maps.mask), ("edge", maps.edge))):
        if probability is not None:
            scores = score_map(probability, label.targets[channel] > 0, label.weights[channel] > 0)
            yield Drawn(system, config.seed, output, photograph.name, scores)
