"""A configuration and a data folder → the photographs to train on, each with its labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hemolens.errors import TrainingError
from hemolens.labels.all_idb1 import AllIdb1
from hemolens.training.all_idb1 import PhotographWithTargets, read_training_set
from hemolens.training.all_idb1_cells import NOT_OUTLINED, OUTLINED, read_smears
from hemolens.training.config import Phase, TrainingConfig
from hemolens.training.labelled_folders import part_of, read_labelled_smears
from hemolens.training.pack import read_pack
from hemolens.training.smear_bank import SmearBank
from hemolens.training.smears import NumberedSmear
from hemolens.training.synthetic_smears import DRAWN, draw_smears


def read_photographs(config: TrainingConfig, data: Path, phase: Phase) -> Sequence[PhotographWithTargets]:
    """Read the photographs that a phase of a network of one type trains on.

    Raises
    ------
    TrainingError
        If a folder, a photograph or a label is missing.

    """
    return _read_one_type(config, data, phase.train or config.photographs.train, phase)


def read_validation(config: TrainingConfig, data: Path) -> Sequence[PhotographWithTargets]:
    """Read the photographs of a network of one type that are left out of training to choose settings on."""
    return _read_one_type(config, data, config.photographs.validation, None)


def _read_one_type(
    config: TrainingConfig, data: Path, names: Sequence[str], phase: Phase | None
) -> Sequence[PhotographWithTargets]:
    return read_training_set(
        AllIdb1(data),
        names,
        cell_type=config.only_type,
        red_cell_diameter_px=config.red_cell_diameter_px,
        touching_weight=config.touching_weight,
        labels=phase.labels if phase else "annotated",
    )


def read_all_smears(config: TrainingConfig, data: Path) -> Iterator[NumberedSmear]:
    """Read everything that a configuration of all types, and the configurations based on it, may train on, one by one.

    Parameters
    ----------
    config : TrainingConfig
    data : Path
        The folder that holds the sources, or a pack of them (:mod:`~.pack`).

    Raises
    ------
    TrainingError
        If a folder, a photograph or a label is missing, or the pack cannot be used.

    """
    diameter = config.red_cell_diameter_px
    if data.is_file():
        yield from read_pack(data, diameter)
        return
    if config.trained_on:
        all_idb1 = AllIdb1.within(data)
        for name in all_names(config, all_idb1):
            yield from read_smears(all_idb1, [name], red_cell_diameter_px=diameter)
    for source in config.labelled:
        yield from read_labelled_smears(data, source, diameter)
    if config.drawn:
        yield from draw_smears(config.drawn.n_smears, diameter)


def all_names(config: TrainingConfig, data: AllIdb1) -> list[str]:
    """Names of the photographs of ALL-IDB1 that a configuration trains on, leaves out or tests on, where they exist.

    Raises
    ------
    TrainingError
        If one that is trained on is not there.

    """
    named = (*config.trained_on, *config.photographs.validation, *config.photographs.test)
    there = set(data.images)
    missing = sorted(set(config.trained_on) - there)
    if missing:
        raise TrainingError(
            "photograph is not in the data set",
            came=", ".join(missing),
            allowed="the names in images.csv",
            do="correct the configuration's list of photographs",
        )
    return sorted(set(named) & there)


def share_out(config: TrainingConfig, bank: SmearBank, *, validation: bool) -> NDArray[np.float64]:
    """How often each smear is drawn, shape (S,), summing to 1: 0 for those that the configuration does not train on.

    Parameters
    ----------
    config : TrainingConfig
    bank : SmearBank
    validation : bool
        Those left out to choose settings on, in place of those that are trained on; all 0 where there are none.

    Raises
    ------
    TrainingError
        If there is nothing to train on, or something that the configuration trains on is not there.

    """
    _refuse_missing(config, bank)
    names = config.photographs.validation if validation else config.trained_on
    every = list(zip(range(len(bank.names)), bank.names, bank.sources, strict=True))
    chosen: list[tuple[float, list[int]]] = [
        (share, [n for n, name, source in every if source == wanted and name in names])
        for wanted, share in ((OUTLINED, config.outlined_share), (NOT_OUTLINED, config.other_share))
    ]
    for each in config.labelled:
        own = sorted((name, n) for n, name, source in every if source == each.name)
        chosen.append((each.share, [n for _, n in part_of(each, own, validation=validation)]))
    if config.drawn and not validation:
        chosen.append((config.drawn.share, [n for n, _, source in every if source == DRAWN]))
    shares = np.zeros(len(every))
    for share, members in chosen:
        shares[members] = share / max(1, len(members))
    if not validation and not any(bank.has_cells[n] for n in np.flatnonzero(shares)):
        raise TrainingError(
            "there is nothing to train on",
            came=f"{np.count_nonzero(shares)} photographs without a labelled cell",
            allowed="labelled cells on at least one photograph that is not left out to choose settings on",
            do="label more photographs, or raise validation_every in the configuration",
        )
    return np.asarray(shares / max(shares.sum(), 1e-12))


def _refuse_missing(config: TrainingConfig, bank: SmearBank) -> None:
    """The card of a model names all that its configuration names; so all of it has to be there."""
    wanted = [each.name for each in config.labelled] + ([DRAWN] if config.drawn else [])
    own = {name for name, source in zip(bank.names, bank.sources, strict=True) if source in (OUTLINED, NOT_OUTLINED)}
    missing = [name for name in wanted if name not in bank.sources] + sorted(set(config.trained_on) - own)
    if missing:
        raise TrainingError(
            f"the data do not hold everything that configuration {config.name!r} trains on",
            came=f"none of {', '.join(missing[:3])}" + (f" and {len(missing) - 3} more" if len(missing) > 3 else ""),
            allowed="data with every source and photograph that the configuration names",
            do="write the pack again for this configuration, or take them out with 'without'",
        )
