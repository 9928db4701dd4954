"""What counting one photograph gives: numbers, cells, and how they were found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hemolens.cells import Cell
from hemolens.config import CellType
from hemolens.counts import Counts

if TYPE_CHECKING:
    from hemolens.counters.source import CounterSettings
    from hemolens.photograph import Photograph
    from hemolens.quality import Quality
    from hemolens.scale import RedCellDiameter


@dataclass(frozen=True, eq=False)
class Result:
    """The counted photograph.

    Attributes
    ----------
    photograph : Photograph
        What was counted.
    cells : list of Cell
        Every counted cell, in pixels of the photograph.
    counts : Counts
        How many of each type.
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

    """

    photograph: Photograph
    cells: list[Cell]
    counts: Counts
    red_cell_diameter: RedCellDiameter
    quality: Quality
    counters: dict[CellType, str]
    settings: dict[CellType, CounterSettings]
    models: dict[CellType, str]
    seconds: float

    def overlay(self) -> NDArray[np.uint8]:
        """Draw the counted cells on the photograph.

        Returns
        -------
        ndarray of uint8, shape (H, W, 3)
            RGB, a new array of the photograph's size.

        """
        from hemolens.overlay import draw_overlay

        return draw_overlay(self.photograph.pixels, self.cells, self.red_cell_diameter.px)

    def save(self, folder: str | PathLike[str], *, export: Sequence[str] = ()) -> None:
        """Write ``counts.csv``, ``cells.csv``, ``overlay/NAME.png`` and ``run.json`` of this photograph.

        Parameters
        ----------
        folder : str or path
            Made when it does not exist; the files of an earlier run in it are replaced.
        export : sequence of str
            Formats of other programs to write as well, such as ``["coco", "geojson"]``; all are in
            :data:`hemolens.export.shelf.FORMATS`.

        Raises
        ------
        UsageError
            The folder cannot be written to, or a format does not exist or needs a library that is not installed.
        OutputError
            The disk is full, or a file cannot be replaced.

        """
        from hemolens.export import save_result

        save_result(self, folder, export)
