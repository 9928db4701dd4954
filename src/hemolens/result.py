"""What counting one photograph gives: numbers, cells, and how they were found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CellType
from hemolens.cells.cell import Cell
from hemolens.statistics.counts import Counts, FrameCounts, count_in_frame, count_in_region_frame

if TYPE_CHECKING:
    from hemolens.cells.counters.source import CounterSettings
    from hemolens.images.image import SmearImage
    from hemolens.images.region import Region
    from hemolens.measurements.colours import MeasuredColours, StandardColours
    from hemolens.measurements.quality import Quality
    from hemolens.measurements.scale import RedCellDiameter
    from hemolens.statistics.summary import CountedField, TypeSummary
    from hemolens.statistics.uncertainty import CountError, Interval

UNSURE_BELOW = 0.75
"""Calibrated score below which a person should look at a cell: more than one in four such cells is none."""


@dataclass(frozen=True, eq=False)
class Result:
    """The counted photograph.

    Attributes
    ----------
    photograph : SmearImage
        What was counted: a photograph, or a slide.
    cells : list of Cell
        Every counted cell, in pixels of the photograph; with a region, those of which a part lies in it.
    counts : Counts
        How many of each type, cells cut by the frame included.
    red_cell_diameter : RedCellDiameter
        The ruler that the sizes hang on: pixels, how sure (0 … 1), where it comes from, and a warning.
    quality : Quality
        Whether the photograph is fit to be counted: ``verdict`` (accept, warn or reject), and the reasons in words.
    counters : dict
        Cell type → name of the counter that found it.
    settings : dict
        Cell type → what that counter was told.
    models : dict
        Cell type → sha256 of the model that drew its map.
    seconds : float
        Time taken, in seconds.
    region : Region or None
        Where cells are counted; None for the whole photograph.
    count_errors : dict
        Cell type → the error of its counts, where the model's card states it for this counter.
    colours : MeasuredColours or None
        Background and red cells of the photograph; None where they were not measured.
    standards : dict
        Cell type → what those colours were brought to for its model, where that asks for it.

    """

    photograph: SmearImage
    cells: list[Cell]
    counts: Counts
    red_cell_diameter: RedCellDiameter
    quality: Quality
    counters: dict[CellType, str]
    settings: dict[CellType, CounterSettings]
    models: dict[CellType, str]
    seconds: float
    region: Region | None = None
    count_errors: dict[CellType, CountError] = field(default_factory=dict)
    colours: MeasuredColours | None = None
    standards: dict[CellType, StandardColours] = field(default_factory=dict)

    @cached_property
    def frame(self) -> FrameCounts:
        """Cells by the counting frame, and its area (:mod:`hemolens.statistics.counts`)."""
        if self.region is None:
            return count_in_frame(self.cells, self.photograph.shape)
        return count_in_region_frame(self.cells, self.photograph.shape, self.region)

    @property
    def numbers(self) -> CountedField:
        """What this photograph adds to the summary of a smear."""
        from hemolens.statistics.summary import CountedField

        ruler = self.red_cell_diameter
        return CountedField(self.counts, self.frame, ruler.um_per_px, ruler.um_is_assumed, self.count_errors)

    @cached_property
    def summary(self) -> dict[CellType, TypeSummary]:
        """What this photograph alone says of its smear, for each type: interval, density, ratio."""
        from hemolens.statistics.summary import summarise

        return summarise([self.numbers])

    @cached_property
    def corrected(self) -> dict[CellType, Interval]:
        """How many cells of each type truly are on this photograph; only types whose error was measured."""
        from hemolens.statistics.uncertainty import corrected_count

        return {kind: corrected_count(getattr(self.counts, kind), error) for kind, error in self.count_errors.items()}

    def is_unsure(self, cell: Cell) -> bool:
        """Whether a person should look at a cell; never where scores are not calibrated."""
        return self.settings[cell.type].scores_are_calibrated and cell.score < UNSURE_BELOW

    @property
    def unsure(self) -> dict[CellType, int]:
        """How many cells a person should look at; only types whose scores are calibrated."""
        return {
            kind: sum(cell.type == kind and self.is_unsure(cell) for cell in self.cells)
            for kind, settings in self.settings.items()
            if settings.scores_are_calibrated
        }

    def overlay(self) -> NDArray[np.uint8]:
        """Draw the counted cells on the photograph.

        Returns
        -------
        ndarray of uint8, shape (H, W, 3)
            RGB, a new array of the photograph's size; of a slide, of its overview's.

        """
        from hemolens.output.overlay import draw_overlay

        picture, shape = self.photograph.overview(), self.photograph.shape
        return draw_overlay(picture, self.cells, self.red_cell_diameter.px, self.region, of_shape=shape)

    def save(self, folder: str | PathLike[str], *, export: Sequence[str] = (), report: bool = False) -> None:
        """Write ``counts.csv``, ``cells.csv``, ``summary.csv``, the overlay and ``run.json`` of this photograph.

        Parameters
        ----------
        folder : str or path
            Made when it does not exist; the files of an earlier run in it are replaced.
        export : sequence of str
            Formats of other programs to write as well, such as ``["coco", "geojson"]``; all are in
            :data:`hemolens.output.export.registry.FORMATS`.
        report : bool
            Write ``report.html`` and ``report.pdf`` as well.

        Raises
        ------
        UsageError
            The folder cannot be written to, or a format does not exist or needs a library that is not installed.
        OutputError
            The disk is full, or a file cannot be replaced.

        """
        from hemolens.output.run_files import save_result

        save_result(self, folder, export, report=report)
