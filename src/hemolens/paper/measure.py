"""Trained models and photographs → what each counted and drew, photograph by photograph."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.cells.cell import to_photograph
from hemolens.cells.counters import find_cells
from hemolens.cells.counters.source import CounterSettings
from hemolens.evaluation.all_idb1 import detect, read_truth
from hemolens.evaluation.matching import Detection
from hemolens.evaluation.segmentation import SegmentationScores, score_map
from hemolens.images.photograph import read_photograph
from hemolens.labels.truth import Truth
from hemolens.measurements.scale import estimate_red_cell_diameter
from hemolens.paper.systems import System, measured_photographs
from hemolens.paper.weights import Weights
from hemolens.probability_maps import ProbabilityMaps, average_maps
from hemolens.segmentation.network_maps import compute_probability_maps, forget_models
from hemolens.training.all_idb1 import label_photograph
from hemolens.training.config import TrainingConfig, read_config

TILE_PX = 1024
"""Larger tiles than the program's give the same maps in less time and more memory."""

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


def measure(
    data: Path, weights: Weights, systems: Sequence[System], *, on_photograph: Callable[[str], None] = lambda _: None
) -> Measured:
    """Measure the systems whose weights are there.

    Parameters
    ----------
    data : Path
        The ALL-IDB1 folder.
    weights : Weights
    systems : sequence of System
    on_photograph : callable
        Told the cell type and name of each photograph when it is measured.

    """
    result = Measured([], [])
    for cell in CELL_TYPES:
        wanted: dict[str, list[tuple[System, TrainingConfig]]] = {}
        for system in systems:
            for config in system.members() if system.cell == cell else ():
                if weights.has(config):
                    for name in measured_photographs(data, system, config):
                        wanted.setdefault(name, []).append((system, config))
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # most of the time is spent in libraries that run in parallel
            done = pool.map(
                lambda name, cell=cell, wanted=wanted: _measure_photograph(data, name, cell, wanted[name], weights),
                sorted(wanted),
            )
            for name, measured in zip(sorted(wanted), done, strict=True):
                on_photograph(f"{cell} {name}")
                result.counted.extend(measured.counted)
                result.drawn.extend(measured.drawn)
        forget_models()  # every model keeps the memory that its largest photograph took
    return result


def _measure_photograph(
    data: Path,
    name: str,
    cell: CellType,
    members: Sequence[tuple[System, TrainingConfig]],
    weights: Weights,
) -> Measured:
    result = Measured([], [])
    pixels = read_photograph(data / "images" / f"{name}.jpg").pixels
    diameter = estimate_red_cell_diameter(pixels).px
    truth = read_truth(data, name, cell)
    maps = {
        (system, config.name): compute_probability_maps(pixels, diameter, weights.load(config), tile_px=TILE_PX)[cell]
        for system, config in members
    }
    for system, config in members:
        own = maps[system, config.name]
        result.drawn.extend(_score(data, name, pixels, diameter, own, system, config))
        if system.table == "counting":
            shape = (pixels.shape[0], pixels.shape[1])
            result.counted.extend(_count(system, own, settings_of(system, config, weights), name, shape, truth))
            for join, joined in weights.joins(config).items():
                rows = _count(system, own, {"connected-components": joined}, name, shape, truth)
                result.counted.extend(replace(row, join=join) for row in rows)
    for system, averaged, settings in _ensembles(members, maps, weights):
        shape = (pixels.shape[0], pixels.shape[1])
        result.counted.extend(_count(system, averaged, settings, name, shape, truth))
    return result


def settings_of(system: System, config: TrainingConfig, weights: Weights) -> Mapping[str, CounterSettings]:
    """Settings of every counter for a member of a system."""
    names = [member.name for member in system.members()]
    owner = read_config(system.settings[names.index(config.name)]) if system.settings else config
    return weights.counters(owner)


def _count(
    system: System,
    maps: ProbabilityMaps,
    settings: Mapping[str, CounterSettings],
    name: str,
    shape: tuple[int, int],
    truth: Truth,
) -> Iterator[Counted]:
    for counter in settings:
        n_rows, n_cols = maps.mask.shape
        cells = to_photograph(find_cells(maps, counter, settings[counter]), (n_rows, n_cols), shape)
        yield Counted(system, counter, name, truth.count, len(cells), detect(truth, cells, system.cell))


def _score(
    data: Path,
    name: str,
    pixels: NDArray[np.uint8],
    diameter_px: float,
    maps: ProbabilityMaps,
    system: System,
    config: TrainingConfig,
) -> Iterator[Drawn]:
    if not (data / "masks" / system.cell / f"{name}.png").exists():
        return  # counted by hand, but not outlined
    label = label_photograph(data, name, pixels, system.cell, from_px=diameter_px, to_px=config.red_cell_diameter_px)
    for channel, (output, probability) in enumerate((("mask", maps.mask), ("edge", maps.edge))):
        if probability is not None:
            scores = score_map(probability, label.targets[channel] > 0, label.weights[channel] > 0)
            yield Drawn(system, config.seed, output, name, scores)


def _ensembles(
    members: Sequence[tuple[System, TrainingConfig]],
    maps: Mapping[tuple[System, str], ProbabilityMaps],
    weights: Weights,
) -> Iterator[tuple[System, ProbabilityMaps, Mapping[str, CounterSettings]]]:
    """The mean of the U-Net's and the SegNet's maps, under each protocol that has both; the U-Net's settings."""
    for protocol in ("paper", "honest"):
        both = [each for each in members if each[0].protocol == protocol and each[0].table == "counting"]
        if len({system.network for system, _ in both}) == 2:
            first, config = both[0]
            ensemble = first.model_copy(update={"network": ENSEMBLE})
            averaged = average_maps([maps[system, member.name] for system, member in both])
            yield ensemble, averaged, settings_of(first, config, weights)
