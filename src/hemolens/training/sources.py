"""A set-up and a data folder → the photographs to train on, each with its labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hemolens.errors import TrainingError
from hemolens.networks import NETWORKS
from hemolens.training.all_idb1 import read_training_set
from hemolens.training.all_idb1_cells import read_smears
from hemolens.training.drawn_smears import draw_smears
from hemolens.training.labelled_folders import WorkingScale, read_labelled_smears
from hemolens.training.setup import Phase, TrainingSetup
from hemolens.training.smears import LabelledSmear

ALL_IDB1 = "all-idb1"
"""Folder of ALL-IDB1 within the data folder of a set-up of all types."""


class Labelled(Protocol):
    """A photograph that slices can be drawn from."""

    @property
    def name(self) -> str:
        """Of the file, without its folder."""

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """The picture at the working scale, (H, W, 3)."""

    @property
    def share(self) -> float:
        """How often it is drawn, relative to others."""

    def take_slice(
        self, row: int, col: int, side: int, rng: np.random.Generator, piles: float
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
        """Pixels (N, N, 3), targets (K, N, N) 0 … 255 and loss weights (K, N, N) of a square slice."""


def read_photographs(setup: TrainingSetup, data: Path, phase: Phase) -> Sequence[Labelled]:
    """Read the photographs that a phase trains on.

    Raises
    ------
    TrainingError
        If a folder, a photograph or a label is missing, or no cell is labelled.

    """
    names = phase.train or setup.photographs.train
    if setup.cell_type is not None:
        return _read_one_type(setup, data, names=names, labels=phase.labels)
    smears = _share_out(_read_all_types(setup, data, names), setup)
    for source in setup.labelled:
        smears += read_labelled_smears(data, source, working_scale(setup), validation=False)
    if setup.drawn:
        smears += draw_smears(setup.drawn.n_smears, share=setup.drawn.share, **vars(working_scale(setup)))
    if not any(own.numbers.any() for smear in smears for own in smear.cells.values()):
        raise TrainingError(
            "there is nothing to train on",
            came=f"{len(smears)} photographs without a labelled cell",
            allowed="labelled cells on at least one photograph that is not left out to choose settings on",
            do="label more photographs, or raise validation_every in the set-up",
        )
    return [replace(smear, platelet_weight=phase.platelet_weight) for smear in smears]


def read_validation(setup: TrainingSetup, data: Path) -> Sequence[Labelled]:
    """Read the photographs that are left out of training to choose settings on."""
    names = setup.photographs.validation
    if setup.cell_type is not None:
        return _read_one_type(setup, data, names=names)
    smears = _share_out(_read_all_types(setup, data, names), setup)
    for source in setup.labelled:
        smears += read_labelled_smears(data, source, working_scale(setup), validation=True)
    return smears


def _read_one_type(setup: TrainingSetup, data: Path, **what: Any) -> Sequence[Labelled]:
    return read_training_set(
        data,
        cell_type=setup.only_type,
        red_cell_diameter_px=setup.red_cell_diameter_px,
        touching_weight=setup.touching_weight,
        **what,
    )


def _read_all_types(setup: TrainingSetup, data: Path, names: Sequence[str]) -> list[LabelledSmear]:
    return read_smears(data / ALL_IDB1, names, **vars(working_scale(setup))) if names else []


def _share_out(smears: list[LabelledSmear], setup: TrainingSetup) -> list[LabelledSmear]:
    """Give the photographs with red-cell outlines their share of the slices, and the others what is left."""
    n_outlined = sum("rbc" in smear.cells for smear in smears)
    left = 1 - setup.outlined_share - setup.other_shares
    outlined, other = setup.outlined_share / max(1, n_outlined), left / max(1, len(smears) - n_outlined)
    return [replace(smear, share=outlined if "rbc" in smear.cells else other) for smear in smears]


def working_scale(setup: TrainingSetup) -> WorkingScale:
    """What a set-up of all types brings its photographs to."""
    return WorkingScale(
        red_cell_diameter_px=setup.red_cell_diameter_px,
        colours=setup.colours,
        outputs=NETWORKS[setup.network].outputs,
        touching_weight=setup.touching_weight,
    )
