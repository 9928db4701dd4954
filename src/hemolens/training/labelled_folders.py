"""Photographs that anybody has labelled, in any format that can be measured against → what to train on.

Of outlines, masks and label images everything is known. Boxes become ellipses (:mod:`.boxed_cells`). A type that the
labels do not hold is unknown, not absent.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hemolens.colours import StandardColours, background_colour
from hemolens.config import CELL_TYPES, CellType
from hemolens.errors import TrainingError
from hemolens.labels import read_labels
from hemolens.labels.named_photographs import find_images
from hemolens.labels.truth import Labels, Truth, Truths, fit_to_frame, in_pixels
from hemolens.photograph import quoted, read_photograph
from hemolens.probability_maps import prepare
from hemolens.training.all_idb1_cells import resize_cells, sure_outlines, white_piles
from hemolens.training.boxed_cells import LabelledBox, number_boxes, red_piles, usual_diameter
from hemolens.training.cell_planes import Known, NumberedCells
from hemolens.training.piles import CutOut, Piles, cut_out_cells
from hemolens.training.setup import LabelledSource
from hemolens.training.smears import LabelledSmear

MOST_CELLS = 65535
"""Cells of a type on one photograph that can be numbered."""


@dataclass(frozen=True)
class WorkingScale:
    """What photographs are brought to, and what is drawn of them: as in :class:`~.smears.LabelledSmear`.

    ``colours`` are those of :func:`hemolens.probability_maps.prepare`; with them, piles are made of the cells
    of all photographs of a source, else of those of the photograph that they are laid on.
    """

    red_cell_diameter_px: float
    colours: StandardColours | None
    outputs: tuple[str, ...]
    touching_weight: float


def read_labelled_smears(
    data: Path, source: LabelledSource, scale: WorkingScale, *, validation: bool
) -> list[LabelledSmear]:
    """Read the photographs of a source that are trained on, or those left out to choose settings on.

    Raises
    ------
    TrainingError
        The labels are counts alone, hold too many cells or none of a type that the set-up names, or a photograph is
        missing.
    LabelError
        The labels are malformed, or do not fit a photograph.

    """
    labels = read_source(data, source)
    names = choose_names(data / source.folder, source, sorted(labels.truths), validation=validation)
    paths = _find_photographs(data / source.folder / source.images, names)
    share = source.share / max(1, len(names))
    smears = [_read_smear(paths[name], name, labels, data, source, scale, share) for name in names]
    if scale.colours is None:
        return smears
    lent = tuple(cell for smear in smears if "rbc" in smear.piles for cell in smear.piles["rbc"].cells)
    return [_lend(smear, lent) for smear in smears]


def read_source(data: Path, source: LabelledSource) -> Labels:
    """Read the labels of a source: all that they hold, types that the set-up does not name included.

    Raises
    ------
    TrainingError
        The labels are counts alone, hold too many cells or none of a type that the set-up names.
    LabelError
        The labels are malformed.

    """
    labels = read_labels(data / source.folder / source.labels)
    known = {kind: truth for truths in labels.truths.values() for kind, truth in truths.items()}
    if any(truth.boxes is None for truth in known.values()):
        raise TrainingError(
            f"the labels of {quoted(source.name)} do not say where the cells are",
            came=f"counts alone, in {quoted(source.labels)}",
            allowed="boxes, outlines, masks or label images",
            do="label the cells themselves; counts are for hemolens evaluate",
        )
    for kind in source.types or ():
        if kind not in known:
            raise TrainingError(
                f"the labels of {quoted(source.name)} hold no cell of the type {kind}",
                came=quoted(source.labels),
                allowed=", ".join(each for each in CELL_TYPES if each in known),
                do="leave the type out of types in the set-up",
            )
    most = max((truth.count for truths in labels.truths.values() for truth in truths.values()), default=0)
    if most > MOST_CELLS:
        raise TrainingError(
            f"a photograph of {quoted(source.name)} has too many cells",
            came=f"{most} of one type",
            allowed=f"at most {MOST_CELLS}",
            do="cut it into several",
        )
    return labels


def choose_names(folder: Path, source: LabelledSource, names: Sequence[str], *, validation: bool) -> list[str]:
    """Those photographs of a source that are trained on, or those left out to choose settings on."""
    never: set[str] = set()
    for column, value in source.left_out.items():
        with (folder / "splits.csv").open(newline="", encoding="utf-8") as file:
            never |= {row["image"] for row in csv.DictReader(file) if row[column] == value}
    allowed = [name for name in names if name not in never]
    return [name for n, name in enumerate(allowed) if (n % source.validation_every == 0) == validation]


def number_cells(truth: Truth, kind: CellType, shape: tuple[int, int]) -> NumberedCells:
    """Number the cells of one type: of outlines and masks everything is known, of boxes what they say."""
    if truth.paint is None:
        return number_boxes(_boxes_of({kind: truth}), shape)
    return NumberedCells(truth.paint(shape).astype(np.uint16), np.full(shape, Known.ALL, np.uint8))


def _find_photographs(folder: Path, names: Sequence[str]) -> dict[str, Path]:
    if not folder.is_dir():
        raise TrainingError(
            "the folder of the labelled photographs is missing",
            came=quoted(folder),
            allowed="a folder within the data folder",
            do="correct folder or images in the set-up, or --data",
        )
    found, missing = find_images(names, folder)
    if missing:
        raise TrainingError(
            "labelled photographs are missing",
            came=f"{len(missing)} names without a photograph in {quoted(folder)}, the first {quoted(missing[0])}",
            allowed="a photograph for each name in the labels",
            do="add them, or take them out of the labels",
        )
    return found


def _read_smear(
    path: Path, name: str, labels: Labels, data: Path, source: LabelledSource, scale: WorkingScale, share: float
) -> LabelledSmear:
    photograph = read_photograph(path).pixels
    shape = (photograph.shape[0], photograph.shape[1])
    truths = in_pixels(labels.truths[name], shape) if labels.in_parts else labels.truths[name]
    truths = fit_to_frame(path.name, truths, shape, labels.sizes.get(name))
    boxes = _boxes_of(truths)
    diameter = usual_diameter(boxes, shape, source.usual_px) / source.box_margin
    pixels = prepare(photograph, diameter, scale.red_cell_diameter_px, scale.colours)
    small = (pixels.shape[0], pixels.shape[1])
    known = {kind: truth for kind, truth in truths.items() if kind in (source.types or CELL_TYPES)}
    cells = {kind: number_cells(truth, kind, shape) for kind, truth in known.items()}
    if source.white_masks is not None:
        mask = data / source.folder / source.white_masks / f"{path.stem}.png"
        if mask.exists():
            cells["wbc"] = _number_mask(read_photograph(mask).pixels[..., 0] > 127)
    resized = {kind: resize_cells(each, small) for kind, each in cells.items()}
    scaled = [box.scaled(small[1] / shape[1], small[0] / shape[0]) for box in boxes]
    return LabelledSmear(
        path.name, pixels, resized, scale.red_cell_diameter_px, scale.outputs, scale.touching_weight,
        share=share, piles=_piles_of(pixels, resized, known, scaled, source.box_margin),
    )  # fmt: skip


def _piles_of(
    pixels: NDArray[np.uint8],
    cells: Mapping[CellType, NumberedCells],
    known: Truths,
    boxes: Sequence[LabelledBox],
    box_margin: float,
) -> dict[CellType, Piles]:
    """What piles can be made of; cells of boxes are cut out along their rim, white ones cannot be."""
    piles: dict[CellType, Piles] = {}
    if "rbc" in known and known["rbc"].paint is None:
        piles["rbc"] = red_piles(pixels, boxes, box_margin)
    elif "rbc" in known:
        background = background_colour(pixels).astype(np.float32)
        piles["rbc"] = Piles(cut_out_cells(pixels, sure_outlines(cells["rbc"])), background)
    if "wbc" in known and known["wbc"].paint is not None:
        piles["wbc"] = white_piles(pixels, cells["wbc"])
    return piles


def _lend(smear: LabelledSmear, cells: tuple[CutOut, ...]) -> LabelledSmear:
    """Let piles of red cells on a photograph be made of these cells."""
    if "rbc" not in smear.piles:
        return smear
    return replace(smear, piles={**smear.piles, "rbc": replace(smear.piles["rbc"], cells=cells)})


def _boxes_of(truths: Truths) -> list[LabelledBox]:
    return [
        LabelledBox(kind, col0, row0, col1, row1)
        for kind, truth in truths.items()
        if truth.boxes is not None
        for row0, col0, row1, col1 in truth.boxes.tolist()
    ]


def _number_mask(mask: NDArray[np.bool_]) -> NumberedCells:
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    return NumberedCells(labels.astype(np.uint16), np.full(mask.shape, Known.ALL, np.uint8))
