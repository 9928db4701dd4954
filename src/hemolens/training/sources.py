"""A set-up and a data folder → the photographs to train on, each with its labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hemolens.errors import TrainingError
from hemolens.training.all_idb1 import LabelledPhotograph, read_training_set, red_cell_diameters
from hemolens.training.all_idb1_cells import NOT_OUTLINED, OUTLINED, read_smears
from hemolens.training.drawn_smears import DRAWN, draw_smears
from hemolens.training.labelled_folders import part_of, read_labelled_smears
from hemolens.training.pack import read_pack
from hemolens.training.setup import Phase, TrainingSetup
from hemolens.training.smear_bank import SmearBank
from hemolens.training.smears import LabelledSmear

ALL_IDB1 = "all-idb1"
"""Folder of ALL-IDB1 within the data folder of a set-up of all types."""


def read_photographs(setup: TrainingSetup, data: Path, phase: Phase) -> Sequence[LabelledPhotograph]:
    """Read the photographs that a phase of a network of one type trains on.

    Raises
    ------
    TrainingError
        If a folder, a photograph or a label is missing.

    """
    return _read_one_type(setup, data, phase.train or setup.photographs.train, phase)


def read_validation(setup: TrainingSetup, data: Path) -> Sequence[LabelledPhotograph]:
    """Read the photographs of a network of one type that are left out of training to choose settings on."""
    return _read_one_type(setup, data, setup.photographs.validation, None)


def _read_one_type(
    setup: TrainingSetup, data: Path, names: Sequence[str], phase: Phase | None
) -> Sequence[LabelledPhotograph]:
    return read_training_set(
        data,
        names,
        cell_type=setup.only_type,
        red_cell_diameter_px=setup.red_cell_diameter_px,
        touching_weight=setup.touching_weight,
        labels=phase.labels if phase else "annotated",
    )


def read_all_smears(setup: TrainingSetup, data: Path) -> Iterator[LabelledSmear]:
    """Read everything that a set-up of all types, and the set-ups based on it, may train on, one by one.

    Parameters
    ----------
    setup : TrainingSetup
    data : Path
        The folder that holds the sources, or a pack of them (:mod:`~.pack`).

    Raises
    ------
    TrainingError
        If a folder, a photograph or a label is missing, or the pack cannot be used.

    """
    diameter = setup.red_cell_diameter_px
    if data.is_file():
        yield from read_pack(data, diameter)
        return
    if setup.trained_on:
        for name in all_names(setup, data):
            yield from read_smears(data / ALL_IDB1, [name], red_cell_diameter_px=diameter)
    for source in setup.labelled:
        yield from read_labelled_smears(data, source, diameter)
    if setup.drawn:
        yield from draw_smears(setup.drawn.n_smears, diameter)


def all_names(setup: TrainingSetup, data: Path) -> list[str]:
    """Names of the photographs of ALL-IDB1 that a set-up trains on, leaves out or tests on, as far as they exist.

    Raises
    ------
    TrainingError
        If one that is trained on is not there.

    """
    named = (*setup.trained_on, *setup.photographs.validation, *setup.photographs.test)
    there = red_cell_diameters(data / ALL_IDB1)
    missing = sorted(set(setup.trained_on) - set(there))
    if missing:
        raise TrainingError(
            "photograph is not in the data set",
            came=", ".join(missing),
            allowed="the names in images.csv",
            do="correct the set-up's list of photographs",
        )
    return sorted(set(named) & set(there))


def share_out(setup: TrainingSetup, bank: SmearBank, *, validation: bool) -> NDArray[np.float64]:
    """How often each smear is drawn, shape (S,), summing to 1: 0 for those that the set-up does not train on.

    Parameters
    ----------
    setup : TrainingSetup
    bank : SmearBank
    validation : bool
        Those left out to choose settings on, in place of those that are trained on; all 0 where there are none.

    Raises
    ------
    TrainingError
        If there is nothing to train on, or something that the set-up trains on is not there.

    """
    _refuse_missing(setup, bank)
    names = setup.photographs.validation if validation else setup.trained_on
    every = list(zip(range(len(bank.names)), bank.names, bank.sources, strict=True))
    chosen: list[tuple[float, list[int]]] = [
        (share, [n for n, name, source in every if source == wanted and name in names])
        for wanted, share in ((OUTLINED, setup.outlined_share), (NOT_OUTLINED, setup.other_share))
    ]
    for each in setup.labelled:
        own = sorted((name, n) for n, name, source in every if source == each.name)
        chosen.append((each.share, [n for _, n in part_of(each, own, validation=validation)]))
    if setup.drawn and not validation:
        chosen.append((setup.drawn.share, [n for n, _, source in every if source == DRAWN]))
    shares = np.zeros(len(every))
    for share, members in chosen:
        shares[members] = share / max(1, len(members))
    if not validation and not any(bank.has_cells[n] for n in np.flatnonzero(shares)):
        raise TrainingError(
            "there is nothing to train on",
            came=f"{np.count_nonzero(shares)} photographs without a labelled cell",
            allowed="labelled cells on at least one photograph that is not left out to choose settings on",
            do="label more photographs, or raise validation_every in the set-up",
        )
    return np.asarray(shares / max(shares.sum(), 1e-12))


def _refuse_missing(setup: TrainingSetup, bank: SmearBank) -> None:
    """The card of a model names all that its set-up names; so all of it has to be there."""
    wanted = [each.name for each in setup.labelled] + ([DRAWN] if setup.drawn else [])
    own = {name for name, source in zip(bank.names, bank.sources, strict=True) if source in (OUTLINED, NOT_OUTLINED)}
    missing = [name for name in wanted if name not in bank.sources] + sorted(set(setup.trained_on) - own)
    if missing:
        raise TrainingError(
            f"the data do not hold everything that set-up {setup.name!r} trains on",
            came=f"none of {', '.join(missing[:3])}" + (f" and {len(missing) - 3} more" if len(missing) > 3 else ""),
            allowed="data with every source and photograph that the set-up names",
            do="write the pack again for this set-up, or take them out with 'without'",
        )
