"""``counts.csv``: one row for a photograph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.output.entries import Entry
from hemolens.output.spreadsheet import number, safe_text

if TYPE_CHECKING:
    from hemolens.counted_image import CountedImage

NAME = "counts.csv"
_OF_TYPE = (
    "frame",
    "expected",
    "expected_low",
    "expected_high",
    "corrected",
    "corrected_low",
    "corrected_high",
    "per_mm2",
    "unsure",
)
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
    "frame_area_px",
    "frame_area_mm2",
    "um_per_px",
    "um_per_px_origin",
    "interval_holds",
    *(f"{kind}_{column}" for kind in CELL_TYPES for column in _OF_TYPE),
    "wbc_per_1000_rbc",
    "plt_per_1000_rbc",
)


def counted_row(entry: Entry, result: CountedImage) -> tuple[str, ...]:
    """Write the row of a counted photograph.

    Parameters
    ----------
    entry : Entry
    result : CountedImage

    Returns
    -------
    tuple of str
        One text for each of `COLUMNS`: sizes in pixels, time in seconds, ``error`` empty, and ``scale_warning`` and
        ``quality_reason`` too when all is well. What is not known is empty.

    """
    height, width = result.image.shape
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
        *_of_frame(result),
        *(text for kind in CELL_TYPES for text in _of_type(result, kind)),
        number(result.summary["wbc"].per_1000_rbc, 2),
        number(result.summary["plt"].per_1000_rbc, 2),
    )


def _of_frame(result: CountedImage) -> tuple[str, ...]:
    ruler, numbers = result.red_cell_diameter, result.numbers
    return (
        str(numbers.frame.area_px),
        number(numbers.area_mm2, 6),
        number(ruler.um_per_px, 5),
        ruler.um_origin,
        interval_holds([kind for kind in CELL_TYPES if result.summary[kind].holds_model_error]),
    )


def interval_holds(kinds: Sequence[CellType]) -> str:
    """Say which errors the intervals hold.

    >>> interval_holds(["rbc", "wbc"])
    'sampling; model error of rbc, wbc'
    """
    return "sampling" + (f"; model error of {', '.join(kinds)}" if kinds else " only")


def _of_type(result: CountedImage, kind: CellType) -> tuple[str, ...]:
    summary, corrected, unsure = result.summary[kind], result.corrected.get(kind), result.unsure.get(kind)
    return (
        str(summary.in_frame),
        *(number(limit, 2) for limit in summary.expected),
        *(("", "", "") if corrected is None else (number(limit, 2) for limit in corrected)),
        number(summary.per_mm2, 1),
        "" if unsure is None else str(unsure),
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
