"""Photographs that anybody has labelled, in any format that can be measured against → what to train on.

Of outlines, masks and label images everything is known. Boxes become ellipses (:mod:`.boxed_cells`). A type that the
labels do not hold is unknown, not absent.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.errors import TrainingError, quoted
from hemolens.images.photograph import read_photograph
from hemolens.labels import read_labels
from hemolens.labels.named_photographs import find_images
from hemolens.labels.truth import Labels, Truth, Truths, fit_to_frame, in_pixels
from hemolens.measurements.colours import measure_colours
from hemolens.segmentation.network_maps import resize_to_diameter
from hemolens.training.all_idb1_cells import resize_cells, sure_outlines
from hemolens.training.boxed_cells import LabelledBox, cut_out_boxed, number_boxes, usual_diameter
from hemolens.training.cell_planes import Known, NumberedCells
from hemolens.training.config import LabelledSource
from hemolens.training.piles import CutOut, cut_out_cells
from hemolens.training.smears import NumberedSmear, draw_lent, join_cells

MOST_CELLS = 65535
"""Cells of a type on one photograph that can be numbered."""


def read_labelled_smears(data: Path, source: LabelledSource, red_cell_diameter_px: float) -> list[NumberedSmear]:
    """Read the photographs of a source that may be looked at, those left out to choose settings on among them.

    Raises
    ------
    TrainingError
        The labels are counts alone, hold too many cells or none of a type that the configuration names, or a photograph
        is
        missing.
    LabelError
        The labels are malformed, or do not fit a photograph.

    """
    labels = read_source(data, source)
    names = allowed_names(data / source.folder, source, labels.truths)
    paths = _find_photographs(data / source.folder / source.images, names)
    unknown = _read_unknown_platelets(data, source)
    return [
        _read_smear(paths[name], name, labels, data, source, red_cell_diameter_px, unknown.get(name, ()))
        for name in names
    ]


def read_source(data: Path, source: LabelledSource) -> Labels:
    """Read the labels of a source: all that they hold, types that the configuration does not name included.

    Raises
    ------
    TrainingError
        The labels are counts alone, hold too many cells or none of a type that the configuration names.
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
                do="leave the type out of types in the configuration",
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


def allowed_names(folder: Path, source: LabelledSource, names: Iterable[str]) -> list[str]:
    """Names of the photographs of a source that may be looked at, sorted.

    Raises
    ------
    TrainingError
        The table of those that may not cannot be read.

    """
    never: set[str] = set()
    for column, value in source.left_out.items():
        never |= {
            row["image"] for row in _read_table(folder / source.splits, ("image", column)) if row[column] == value
        }
    return sorted(name for name in names if name not in never)


def _read_table(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = csv.DictReader(file)
            there, found = rows.fieldnames or (), list(rows)
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingError(
            "a table of a labelled source cannot be read",
            came=f"{quoted(path)} ({type(error).__name__})",
            allowed=f"a CSV file with the columns {', '.join(columns)}",
            do="correct splits or unknown_platelets in the configuration",
        ) from error
    if missing := [column for column in columns if column not in there]:
        raise TrainingError(
            "a table of a labelled source lacks a column",
            came=f"{quoted(path.name)} without {', '.join(missing)}",
            allowed=f"the columns {', '.join(columns)}",
            do="add it, or correct the configuration",
        )
    return found


Each = TypeVar("Each")


def part_of(source: LabelledSource, each: Sequence[Each], *, validation: bool) -> list[Each]:
    """Those photographs of a source that are trained on, or those left out to choose settings on."""
    every = source.validation_every
    return [one for n, one in enumerate(each) if (every is not None and n % every == 0) == validation]


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
            do="correct folder or images in the configuration, or name another data folder",
            option="data",
        )
    return require_images(names, folder, do="add them, or take them out of the labels")


def require_images(names: Iterable[str], folder: Path, *, do: str, option: str | None = None) -> dict[str, Path]:
    """Find every photograph that labels speak of, in the order of the names.

    Parameters
    ----------
    names : iterable of str
        As in :func:`~hemolens.labels.named_photographs.find_images`.
    folder : Path
    do : str
        What the user can do where one is missing.
    option : str, optional
        The parameter that the folder came in.

    Raises
    ------
    TrainingError
        A photograph is missing.
    UsageError
        The folder cannot be read.
    LabelError
        A name fits several photographs, or several names fit one.

    """
    found, missing = find_images(names, folder)
    if missing:
        raise TrainingError(
            "labelled photographs are missing",
            came=f"{len(missing)} names without a photograph in {quoted(folder)}, the first {quoted(missing[0])}",
            allowed="a photograph for each name in the labels",
            do=do,
            option=option,
        )
    return found


def _read_smear(
    path: Path,
    name: str,
    labels: Labels,
    data: Path,
    source: LabelledSource,
    red_cell_diameter_px: float,
    unknown: Iterable[LabelledBox],
) -> NumberedSmear:
    photograph = read_photograph(path).pixels
    shape = (photograph.shape[0], photograph.shape[1])
    truths = in_pixels(labels.truths[name], shape) if labels.in_parts else labels.truths[name]
    truths = fit_to_frame(path.name, truths, shape, labels.sizes.get(name))
    boxes = _boxes_of(truths)
    diameter = usual_diameter(boxes, shape, source.usual_px) / source.box_margin
    pixels = resize_to_diameter(photograph, diameter, red_cell_diameter_px)
    small = (pixels.shape[0], pixels.shape[1])
    known = {kind: truth for kind, truth in truths.items() if kind in (source.types or CELL_TYPES)}
    cells = {kind: number_cells(truth, kind, shape) for kind, truth in known.items()}
    if source.white_masks is not None:
        mask = data / source.folder / source.white_masks / f"{path.stem}.png"
        if mask.exists():
            cells["wbc"] = _number_mask(read_photograph(mask, max_pixels_per_byte=None).pixels[..., 0] > 127)
    if "rbc" in cells and source.frame_unknown:
        forget_frame(cells["rbc"], source.frame_unknown * diameter)
    if "plt" in cells:
        for box in unknown:
            top, left = max(0, int(box.y0)), max(0, int(box.x0))
            cells["plt"].known[top : math.ceil(box.y1), left : math.ceil(box.x1)] = Known.NOTHING
    resized = {kind: resize_cells(each, small) for kind, each in cells.items()}
    scaled = [box.scaled(small[1] / shape[1], small[0] / shape[0]) for box in boxes]
    lent = draw_lent(_cut_out(pixels, resized, known, scaled, source.box_margin), small)
    colours = measure_colours(pixels, red_cell_diameter_px)
    return NumberedSmear(path.name, source.name, pixels, *join_cells(resized, small), lent, colours)


def forget_frame(cells: NumberedCells, width_px: float) -> None:
    """Mark a band along the frame as unknown, all but the cells in it, in place: some cut cells have no label."""
    height, length = cells.numbers.shape
    band, width = np.ones((height, length), bool), round(width_px)
    band[width : height - width, width : length - width] = False
    cells.known[band & (cells.numbers == 0)] = Known.NOTHING


def _read_unknown_platelets(data: Path, source: LabelledSource) -> dict[str, list[LabelledBox]]:
    """Boxes in which it is not known whether there is a platelet, by photograph."""
    unknown: dict[str, list[LabelledBox]] = {}
    if source.unknown_platelets is not None:
        path = data / source.folder / source.unknown_platelets
        for row in _read_table(path, ("image", "x0", "y0", "x1", "y1")):
            x0, y0, x1, y1 = (float(row[side]) for side in ("x0", "y0", "x1", "y1"))
            unknown.setdefault(row["image"], []).append(LabelledBox("plt", x0, y0, x1, y1))
    return unknown


def _cut_out(
    pixels: NDArray[np.uint8],
    cells: Mapping[CellType, NumberedCells],
    known: Truths,
    boxes: Sequence[LabelledBox],
    box_margin: float,
) -> dict[CellType, tuple[CutOut, ...]]:
    """What can be laid elsewhere; cells of boxes are cut out along their rim, white ones cannot be."""
    lent: dict[CellType, tuple[CutOut, ...]] = {}
    if "rbc" in known and known["rbc"].paint is None:
        lent["rbc"] = cut_out_boxed(pixels, boxes, box_margin)
    elif "rbc" in known:
        lent["rbc"] = cut_out_cells(pixels, sure_outlines(cells["rbc"]))
    if "wbc" in known and known["wbc"].paint is not None:
        lent["wbc"] = cut_out_cells(pixels, sure_outlines(cells["wbc"]))
    return lent


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
