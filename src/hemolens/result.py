"""What counting gives to the caller: a counted image that can draw and save itself."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike

import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CELL_NAMES
from hemolens.counted_image import CountedImage
from hemolens.errors import quoted

NOTEBOOK_SIDE_PX = 900
"""Longest side of the picture in a notebook."""


class Result(CountedImage):
    """A counted photograph or slide; :class:`~hemolens.counted_image.CountedImage` lists what it knows."""

    def __repr__(self) -> str:
        """One short line, however many cells there are.

        >>> import hemolens, numpy
        >>> hemolens.count(numpy.full((40, 60, 3), 225, numpy.uint8))
        <Result of 'array': 0 red cells, 0 white cells, 0 platelets; reject>
        """
        numbers = ", ".join(f"{getattr(self.counts, kind)} {name}" for kind, name in CELL_NAMES.items())
        return f"<Result of {quoted(self.image.name)}: {numbers}; {self.quality.verdict}>"

    def _repr_html_(self) -> str:
        """Show the overlay and the counts at the end of a notebook cell."""
        from base64 import b64encode
        from html import escape

        from hemolens.output.report.cell_picture import jpeg_bytes, reduced

        picture = b64encode(jpeg_bytes(reduced(self.overlay(), NOTEBOOK_SIDE_PX))).decode("ascii")
        rows = "".join(
            f"<tr><th>{CELL_NAMES[kind]}</th><td>{getattr(self.counts, kind)}</td></tr>" for kind in CELL_NAMES
        )
        verdict = escape(f"{self.quality.verdict}: {self.quality.reason}" if self.quality.reason else "accept")
        return (
            f"<figure><img alt='overlay' src='data:image/jpeg;base64,{picture}'>"
            f"<figcaption>{escape(self.image.name)}</figcaption></figure>"
            f"<table>{rows}<tr><th>quality</th><td>{verdict}</td></tr></table>"
        )

    def overlay(self) -> NDArray[np.uint8]:
        """Draw the counted cells on the photograph.

        Returns
        -------
        ndarray of uint8, shape (H, W, 3)
            RGB, a new array of the photograph's size; of a slide, of its overview's.

        """
        from hemolens.output.overlay import draw_overlay

        return draw_overlay(self)

    def save(
        self,
        folder: str | PathLike[str],
        *,
        export: Sequence[str] = (),
        report: bool = False,
        overwrite: bool = False,
    ) -> None:
        """Write ``counts.csv``, ``cells.csv``, ``summary.csv``, the overlay and ``run.json`` of this photograph.

        Parameters
        ----------
        folder : str or path
            Made when it does not exist. One folder holds one photograph's results.
        export : sequence of str
            Formats of other programs to write as well, such as ``["coco", "geojson"]``; all are in
            :data:`hemolens.output.export.registry.FORMATS`.
        report : bool
            Write ``report.html`` and ``report.pdf`` as well.
        overwrite : bool
            Replace the results that the folder holds already; without it they are kept, and saving is refused.

        Raises
        ------
        UsageError
            The folder cannot be written to, or holds results and `overwrite` is false; a format does not exist or
            needs a library that is not installed.
        OutputError
            The disk is full, or a file cannot be replaced.

        """
        from hemolens.output.options import OutputOptions
        from hemolens.output.run_files import save_result

        save_result(self, folder, OutputOptions(export=tuple(export), report=report), overwrite=overwrite)
