"""Photographs with one classified white cell each → crops with a class."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hemolens.block_count import count_block
from hemolens.cell_types import WhiteCellClass
from hemolens.cells.cell import Cell
from hemolens.differential.crops import cut_crops
from hemolens.errors import TrainingError, quoted
from hemolens.images.photograph import Photograph, read_photograph
from hemolens.measurements.colours import MeasuredColours, join_colours, measure_colours
from hemolens.options import CountOptions
from hemolens.plan.plan import Plan, make_plan
from hemolens.training.differential.config import ClassifiedSource, ClassifierConfig

_MIDDLE = 0.2
"""Share of the sides of a photograph that the middle of its cell is from the middle at most."""


@dataclass(frozen=True, eq=False)
class ClassifiedCrops:
    """Cells with their class.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (N, M, M, 4)
        As :func:`hemolens.differential.crops.cut_crops` gives them.
    labels : ndarray of int64, shape (N,)
        Places in the classes of the configuration.
    source : ndarray of int64, shape (N,)
        Places in the sources of the configuration.
    names : tuple of str
        Of the photographs.
    cut : ndarray of bool, shape (N,)
        Whether the frame cuts the cell.
    n_missed : int
        Cells with a class that were not found, by which they could not be cut out.

    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    source: NDArray[np.int64]
    names: tuple[str, ...]
    cut: NDArray[np.bool_]
    n_missed: int

    def chosen(self, which: NDArray[np.bool_]) -> ClassifiedCrops:
        """Those of the crops that are chosen."""
        names = tuple(name for name, is_chosen in zip(self.names, which, strict=True) if is_chosen)
        return ClassifiedCrops(
            self.pixels[which], self.labels[which], self.source[which], names, self.cut[which], self.n_missed
        )


def read_crops(
    config: ClassifierConfig, data: Path, on_photograph: Callable[[], None] = lambda: None
) -> ClassifiedCrops:
    """Count every photograph of every source, and cut out its classified cell.

    Cells are found by the default model, with the outline and the scale that they have when somebody counts.
    Photographs on which it finds several are left out: which of them has the class is not known.

    Parameters
    ----------
    config : ClassifierConfig
    data : Path
        Folder of the sources.
    on_photograph : callable
        Called after each photograph.

    Raises
    ------
    TrainingError
        A table is missing or lacks a column, or no cell was found.
    PhotographError
        A photograph cannot be read.

    """
    side_px, found = config.crop_px, []
    n_missed = 0
    for place, source in enumerate(config.sources):
        classes = classes_of(source, data)
        joined = _joined_colours(source, data, list(classes)) if source.one_stain else None
        for name, white_cell_class in classes.items():
            on_photograph()
            plan = _plan(source, read_photograph(data / source.folder / source.images / name), joined)
            cells = _classified_cells(plan, source)
            n_missed += not cells
            if len(cells) != 1:
                continue
            (cell,) = cells
            crop = _crop(config, plan, cell, side_px)
            found.append((crop, config.classes.index(white_cell_class), place, name, cell.touches_frame))
    if not found:
        raise TrainingError(
            "no classified cell was found",
            came=f"{n_missed} photographs",
            allowed="photographs with a white cell",
            do="correct the sources of the configuration",
        )
    pixels, labels, sources, names, cut = zip(*found, strict=True)
    return ClassifiedCrops(np.stack(pixels), np.array(labels), np.array(sources), tuple(names), np.array(cut), n_missed)


def classes_of(source: ClassifiedSource, data: Path) -> dict[str, WhiteCellClass]:
    """Read the class of each photograph that has one of the source's classes, sorted by name.

    Raises
    ------
    TrainingError
        The table is missing or lacks a column.

    """
    path = data / source.folder / source.table
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = {row["image"]: row[source.column] for row in csv.DictReader(file)}
    except (OSError, UnicodeDecodeError, KeyError) as error:
        raise TrainingError(
            "the table of a classified source cannot be read",
            came=f"{quoted(path)} ({type(error).__name__}: {error})",
            allowed=f"a CSV file with the columns image and {source.column}",
            do="correct folder, table or column in the configuration, or name another data folder",
            option="data",
        ) from error
    return {name: source.classes[word] for name, word in sorted(rows.items()) if word in source.classes}


def _joined_colours(source: ClassifiedSource, data: Path, names: Sequence[str]) -> MeasuredColours:
    measured = []
    for name in names:
        photograph = read_photograph(data / source.folder / source.images / name)
        diameter_px = source.diameter_px or make_plan(photograph, CountOptions()).diameter.px
        measured.append(measure_colours(photograph.pixels, diameter_px))
    return join_colours(measured)


def _plan(source: ClassifiedSource, photograph: Photograph, colours: MeasuredColours | None) -> Plan:
    plan = make_plan(photograph, CountOptions(diameter_px=source.diameter_px))
    return plan if colours is None else replace(plan, colours=colours)


def _classified_cells(plan: Plan, source: ClassifiedSource) -> list[Cell]:
    """Find the white cells that may be the classified one: of those in the middle the largest, or all."""
    found = [cell for block in plan.blocks for cell in count_block(plan, block).cells if cell.type == "wbc"]
    if not source.in_middle:
        return found
    n_rows, n_cols = plan.image.shape
    in_middle = (
        cell
        for cell in found
        if abs(cell.row + 0.5 - n_rows / 2) < _MIDDLE * n_rows and abs(cell.col + 0.5 - n_cols / 2) < _MIDDLE * n_cols
    )
    return sorted(in_middle, key=lambda cell: cell.area_px)[-1:]


def _crop(config: ClassifierConfig, plan: Plan, cell: Cell, side_px: int) -> NDArray[np.uint8]:
    zoom = config.red_cell_diameter_px / plan.diameter.px
    crop: NDArray[np.uint8] = cut_crops(
        plan.counted_image, [cell], zoom=zoom, side_px=side_px, standard=config.colours, measured=plan.colours
    )[0]
    return crop
