"""``counts.csv``: one row for a photograph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hemolens.export.entries import Entry
from hemolens.export.spreadsheet import number, safe_text

if TYPE_CHECKING:
    from hemolens.result import Result

NAME = "counts.csv"
COLUMNS = (
    "image",
    "width",
    "height",
    "rbc",
    "wbc",
    "plt",
    "red_cell_diameter_px",
    "scale_confidence",
    "seconds",
    "overlay",
    "error",
    "scale_origin",
    "scale_warning",
    "quality",
    "quality_reason",
)


def counted_row(entry: Entry, result: Result) -> tuple[str, ...]:
    """Write the row of a counted photograph.

    Parameters
    ----------
    entry : Entry
    result : Result

    Returns
    -------
    tuple of str
        One text for each of `COLUMNS`: sizes in pixels, time in seconds, ``error`` empty, and ``scale_warning`` and
        ``quality_reason`` too when all is well.

    """
    height, width = result.photograph.pixels.shape[:2]
    counts = result.counts
    return (
        safe_text(entry.image),
        str(width),
        str(height),
        str(counts.rbc),
        str(counts.wbc),
        str(counts.plt),
        number(result.red_cell_diameter.px, 2),
        number(result.red_cell_diameter.confidence, 3),
        number(result.seconds, 3),
        safe_text(entry.overlay),
        "",
        result.red_cell_diameter.origin,
        result.red_cell_diameter.warning,
        result.quality.verdict,
        result.quality.reason,
    )


def failed_row(entry: Entry, error: str) -> tuple[str, ...]:
    """Write the row of a photograph that was not counted.

    Parameters
    ----------
    entry : Entry
    error : str
        Why, in one line.

    Returns
    -------
    tuple of str
        The image and the error; all else is empty, since zero would be a count.

    """
    filled = {"image": safe_text(entry.image), "error": safe_text(error)}
    return tuple(filled.get(column, "") for column in COLUMNS)
