"""The white cells whose class a laboratory has named → crops with a class."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hemolens.block_count import count_block
from hemolens.cell_types import WhiteCellClass
from hemolens.cells.cell import Cell
from hemolens.differential.crops import cut_crops
from hemolens.errors import TrainingError
from hemolens.images.photograph import read_photograph
from hemolens.labels.placed_classes import PlacedCell, read_placed_classes, same_cells
from hemolens.models.classifier_card import ClassifierCard
from hemolens.options import CountOptions
from hemolens.plan.plan import make_plan
from hemolens.training.differential.crops import ClassifiedCrops
from hemolens.training.labelled_folders import require_images

FEWEST_OF_CLASS, FEWEST_CLASSES, FEWEST_PHOTOGRAPHS = 5, 2, 3
"""A class with fewer cells is not learned; of fewer classes, or from fewer photographs, nothing is."""

KEPT = 1.2
"""How much wider than what the classifier sees the square is that is kept of a cell, to be turned and shifted."""


@dataclass(frozen=True, eq=False)
class OwnCells:
    """The cells of a laboratory that can be learned from.

    Attributes
    ----------
    crops : ClassifiedCrops
        Labels are places in the classes of the classifier, names those of the photographs.
    notes : list of str
        What cannot be learned from, in sentences.

    """

    crops: ClassifiedCrops
    notes: list[str]


def read_own_cells(table: Path, images: Path, card: ClassifierCard) -> OwnCells:
    """Find the named cells on their photographs, and cut them out.

    They are found by the default model, with the outline and the scale that they have when somebody counts.

    Parameters
    ----------
    table : Path
        As :func:`~hemolens.labels.placed_classes.read_placed_classes` reads it. Cells that nobody has checked, and
        those that are ``unsure``, are left out.
    images : Path
        Folder of the photographs.
    card : ClassifierCard
        Of the classifier that is to learn from them.

    Raises
    ------
    LabelError
        The table is malformed.
    TrainingError
        A photograph is missing, or there are too few photographs or cells.

    """
    named = {
        name: [cell for cell in cells if cell.white_cell_class in card.classes]
        for name, cells in read_placed_classes(table, only_checked=True).items()
    }
    named = {name: cells for name, cells in named.items() if cells}
    do = "name their folder with --images, or take them out of the labels"
    found = require_images(named, images, do=do, option="images")
    parts = [_cut_out(path, named[name], card) for name, path in found.items()]
    labels = [label for part in parts for label in part.labels.tolist()]
    names = [name for name, part in zip(found, parts, strict=True) for _ in part.labels]
    n_missed = sum(map(len, named.values())) - len(labels)
    notes = [f"{n_missed} named cells were not found again, and are left out."] if n_missed else []
    n_of = Counter(card.classes[label] for label in labels)
    rare = [each for each, n in n_of.items() if n < FEWEST_OF_CLASS]
    notes += [f"Only {n_of[each]} of class {each}: it is named as before." for each in sorted(rare)]
    is_learned = np.array([card.classes[label] not in rare for label in labels], bool)
    _refuse_too_few(n_of, rare, len({name for name, learned in zip(names, is_learned, strict=True) if learned}))
    crops = ClassifiedCrops(
        pixels=np.concatenate([part.pixels for part in parts]),
        labels=np.array(labels, np.int64),
        source=np.zeros(len(labels), np.int64),
        names=tuple(names),
        cut=np.concatenate([part.cut for part in parts]),
        n_missed=n_missed,
    )
    return OwnCells(crops.chosen(is_learned), notes)


class _CutOut(NamedTuple):
    """The named cells of a photograph that were found."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    cut: NDArray[np.bool_]


def _cut_out(path: Path, named: list[PlacedCell], card: ClassifierCard) -> _CutOut:
    plan = make_plan(read_photograph(path), CountOptions())
    white = [cell for block in plan.blocks for cell in count_block(plan, block).cells if cell.type == "wbc"]
    at = {_placed(cell): cell for cell in white}
    pairs = same_cells(named, list(at))
    cells = [at[found] for _, found in pairs]
    pixels = cut_crops(
        plan.counted_image,
        cells,
        zoom=card.red_cell_diameter_px / plan.diameter.px,
        side_px=math.ceil(KEPT * card.side_px),
        standard=card.colours,
        measured=plan.colours,
    )
    labels = np.array([card.classes.index(said.white_cell_class) for said, _ in pairs], np.int64)
    return _CutOut(pixels, labels, np.array([cell.touches_frame for cell in cells], bool))


def _placed(cell: Cell) -> PlacedCell:
    unnamed: WhiteCellClass = "unsure"
    return PlacedCell(cell.col, cell.row, cell.diameter_px, unnamed)


def _refuse_too_few(n_of: Counter[WhiteCellClass], rare: list[WhiteCellClass], n_photographs: int) -> None:
    n_classes = len(n_of) - len(rare)
    if n_classes < FEWEST_CLASSES or n_photographs < FEWEST_PHOTOGRAPHS:
        counts = ", ".join(f"{n} {each}" for each, n in sorted(n_of.items())) or "none"
        raise TrainingError(
            "too few named cells to learn from",
            came=f"{counts}; {n_photographs} photographs",
            allowed=f"{FEWEST_CLASSES} classes with {FEWEST_OF_CLASS} cells each, on {FEWEST_PHOTOGRAPHS} photographs",
            do="name the class of more cells in the gallery, and check them",
        )
