"""The photographs that a laboratory has corrected: read, and refused where nothing good can be learned from them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CELL_NAMES, CELL_TYPES, CellType
from hemolens.errors import LabelError, TrainingError, quoted
from hemolens.evaluation.matching import box_iou
from hemolens.images.photograph import read_photograph
from hemolens.labels.truth import Truths, fit_to_frame, in_pixels
from hemolens.measurements.colours import absorbance, measure_colours
from hemolens.measurements.scale import estimate_red_cell_diameter
from hemolens.training.boxed_cells import LabelledBox, usual_diameter
from hemolens.training.config import LabelledSource
from hemolens.training.labelled_folders import read_source, require_images

FEWEST_CELLS, FEWEST_WITH_CELLS = 5, 2
"""A type with fewer labelled cells, or on fewer photographs, is not learned."""

SAME_CELL = 0.85
"""Two labels whose boxes overlap so much mean the same cell: intersection over union."""

SCALE_RANGE = (0.6, 1.6)
"""Width of the labelled red cells divided by what the photographs themselves say."""

LARGEST_BOX_MARGIN = 1.3
"""Boxes with more of a margin than this are taken to have no more."""

LEAST_ON_STAIN, FEWEST_JUDGED = 0.15, 5
"""By so much more of the labelled cells than of what lies around them must be stained, where there are so many."""


@dataclass(frozen=True, eq=False)
class OwnPhotograph:
    """A corrected photograph.

    Attributes
    ----------
    name : str
        As the labels call it.
    path : Path
    pixels : ndarray of uint8, shape (H, W, 3)
    truths : Truths
        All that its labels say, in pixels.
    diameter_px : float
        Red-cell diameter as the program estimates it: the scale that the photograph is counted at.

    """

    name: str
    path: Path
    pixels: NDArray[np.uint8]
    truths: Truths
    diameter_px: float

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @property
    def boxes(self) -> list[LabelledBox]:
        """The boxes of all labelled cells."""
        return [
            LabelledBox(kind, col0, row0, col1, row1)
            for kind, truth in self.truths.items()
            if truth.boxes is not None
            for row0, col0, row1, col1 in truth.boxes.tolist()
        ]


@dataclass(frozen=True, eq=False)
class OwnPhotographs:
    """All corrected photographs of a laboratory, with what they are as a source of training.

    Attributes
    ----------
    photographs : list of OwnPhotograph
        Sorted by name.
    source : LabelledSource
        Names the types that can be learned.
    notes : list of str
        What cannot be learned from them, in sentences.

    """

    photographs: list[OwnPhotograph]
    source: LabelledSource
    notes: list[str]

    @property
    def types(self) -> tuple[CellType, ...]:
        """The types that can be learned."""
        return self.source.types or CELL_TYPES


def read_own_photographs(labels: Path, images: Path, name: str, *, at_least: int) -> OwnPhotographs:
    """Read corrected photographs, and check that labels and photographs fit together.

    Parameters
    ----------
    labels : Path
        File or folder of labels in any format that says where cells are.
    images : Path
        Folder of the photographs.
    name : str
        What the source is called.
    at_least : int
        Fewest photographs.

    Raises
    ------
    LabelError
        The labels are malformed, contradict each other, or do not lie on the cells of their photographs.
    TrainingError
        There are too few photographs or cells, one is missing, or the labels are counts alone.

    """
    source = LabelledSource(
        name=name, what="photographs that a laboratory has corrected", terms="of the laboratory that has labelled them",
        folder=str(images.resolve()), images=".", labels=str(labels.resolve()), usual_px=1, share=1,
        validation_every=None,
    )  # fmt: skip
    read = read_source(Path(), source)
    do = "name their folder with --images, or take them out of the labels"
    found = require_images(read.truths, images, do=do, option="images")
    photographs = []
    for each in sorted(found):
        pixels = read_photograph(found[each]).pixels
        shape = (pixels.shape[0], pixels.shape[1])
        truths = in_pixels(read.truths[each], shape) if read.in_parts else read.truths[each]
        truths = fit_to_frame(found[each].name, truths, shape, read.sizes.get(each))
        diameter_px = estimate_red_cell_diameter(pixels).px
        photographs.append(OwnPhotograph(each, found[each], pixels, truths, diameter_px))
    _refuse_too_few(photographs, at_least)
    _refuse_twice(photographs)
    for photograph in photographs:
        _refuse_contradictions(photograph)
        _refuse_labels_beside_cells(photograph)
    types, notes = _learnable(photographs)
    what = f"{len(photographs)} photographs of a laboratory, and its labels"
    source = source.model_copy(update={"types": types, "what": what, **_scale_of(photographs)})
    return OwnPhotographs(photographs, source, notes)


def _refuse_too_few(photographs: Sequence[OwnPhotograph], at_least: int) -> None:
    if len(photographs) < at_least:
        raise TrainingError(
            "too few corrected photographs",
            came=f"{len(photographs)}",
            allowed=f"at least {at_least}: each is counted by a model that has not seen it",
            do="correct more of them (hemolens suggest says which); settings alone (--settings-only) need two",
        )


def _refuse_twice(photographs: Sequence[OwnPhotograph]) -> None:
    names: dict[str, str] = {}
    for each in photographs:
        digest = hashlib.sha256(each.pixels.tobytes()).hexdigest()
        other = names.setdefault(digest, each.path.name)
        if other != each.path.name:
            raise LabelError(
                "a photograph is labelled twice",
                came=f"{quoted(other)} and {quoted(each.path.name)}, which are the same picture",
                allowed="each photograph once: else one would be measured on what the other has taught",
                do="leave one of them out",
            )


def _refuse_contradictions(photograph: OwnPhotograph) -> None:
    boxes = photograph.boxes
    corners = [(box.y0, box.x0, box.y1, box.x1) for box in boxes]
    for one, other in np.argwhere(np.triu(box_iou(corners, corners), 1) > SAME_CELL).tolist():
        kinds = CELL_NAMES[boxes[one].type], CELL_NAMES[boxes[other].type]
        raise LabelError(
            f"labels of {quoted(photograph.path.name)} contradict each other",
            came=f"one cell among the {kinds[0]} and again among the {kinds[1]}, at x {boxes[one].x0:.0f} to "
            f"{boxes[one].x1:.0f}, y {boxes[one].y0:.0f} to {boxes[one].y1:.0f}",
            allowed="each cell once, and of one type",
            do="remove one of the two labels",
        )


def _refuse_labels_beside_cells(photograph: OwnPhotograph) -> None:
    """Refuse labels that do not lie on what is stained: of another photograph, or boxes without a cell."""
    large = [box for box in photograph.boxes if box.type != "plt"]
    measured = measure_colours(photograph.pixels, photograph.diameter_px)
    if len(large) < FEWEST_JUDGED:
        return
    taken_up = absorbance(photograph.pixels, measured.background).sum(axis=-1)
    red_cell = measured.red_cell_absorbance
    is_stained = taken_up > (np.quantile(taken_up, 0.9) if red_cell is None else red_cell.sum()) / 2
    inside = np.zeros(photograph.shape, bool)
    for box in large:
        inside[round(box.y0) : round(box.y1), round(box.x0) : round(box.x1)] = True
    if inside.all():
        return
    on, beside = float(is_stained[inside].mean()), float(is_stained[~inside].mean())
    if on - beside < LEAST_ON_STAIN:
        raise LabelError(
            f"the labels of {quoted(photograph.path.name)} do not lie on its cells",
            came=f"{on:.0%} of the labelled area stained, and {beside:.0%} of what lies around it",
            allowed="labels of this photograph, on its cells",
            do="check that they are not of another photograph, that it was not turned or cut, and that no box is empty",
        )


def _learnable(photographs: Sequence[OwnPhotograph]) -> tuple[tuple[CellType, ...], list[str]]:
    """Types that can be learned, and a sentence on each of the others."""
    types, notes = [], []
    for kind in CELL_TYPES:
        counts = [each.truths[kind].count for each in photographs if kind in each.truths]
        if sum(counts) >= FEWEST_CELLS and np.count_nonzero(counts) >= FEWEST_WITH_CELLS:
            types.append(kind)
        else:
            name = CELL_NAMES[kind]
            why = f"Only {sum(counts)} {name} are labelled" if counts else f"No {name} are labelled"
            notes.append(f"{why}: they are counted as before.")
    if not types:
        raise TrainingError(
            "too few labelled cells to adapt to",
            came=" ".join(notes),
            allowed=f"at least {FEWEST_CELLS} cells of a type, on {FEWEST_WITH_CELLS} photographs or more",
            do="label more cells",
        )
    return tuple(types), notes


def _scale_of(photographs: Iterable[OwnPhotograph]) -> dict[str, float]:
    """Width of a red cell where it cannot be measured, and how much wider its boxes are."""
    estimates = [each.diameter_px for each in photographs]
    ratios = [
        width / each.diameter_px
        for each in photographs
        if (width := usual_diameter(each.boxes, each.shape, 0.0))  # 0 with too few whole red cells
    ]
    ratio = float(np.median(ratios)) if ratios else 1.0
    if not SCALE_RANGE[0] <= ratio <= SCALE_RANGE[1]:
        raise LabelError(
            "the labels do not fit the scale of their photographs",
            came=f"labelled red cells {ratio:.2g} times as wide as those that the photographs show",
            allowed=f"{SCALE_RANGE[0]} to {SCALE_RANGE[1]} times as wide",
            do="check that the photographs were not resized after labelling, and that the boxes hold one red cell each",
        )
    margin = float(np.clip(ratio, 1.0, LARGEST_BOX_MARGIN))
    return {"usual_px": float(np.median(estimates)) * margin, "box_margin": margin}
