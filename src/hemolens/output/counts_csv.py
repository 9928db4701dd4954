"""``counts.csv``: one row for a photograph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, get_args

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.counted_image import UNSURE_BELOW, Review
from hemolens.files.spreadsheet import safe_text
from hemolens.measurements.quality import Verdict
from hemolens.measurements.scale import LEAST_TRUSTED, USUAL_RED_CELL_UM, Origin
from hemolens.output.column import Column, Value, interval_columns, texts
from hemolens.output.entries import Entry

if TYPE_CHECKING:
    from hemolens.counted_image import CountedImage

NAME = "counts.csv"


class CountedRow(NamedTuple):
    """What the row of a counted photograph is made of."""

    entry: Entry
    result: CountedImage


def interval_includes(kinds: Sequence[CellType]) -> str:
    """Say which errors the intervals hold.

    Parameters
    ----------
    kinds : sequence of {"rbc", "wbc", "plt"}
        Those of which the model's error was measured.

    Examples
    --------
    >>> interval_includes(["rbc", "wbc"])
    'sampling; model error of rbc, wbc'

    """
    return "sampling" + (f"; model error of {', '.join(kinds)}" if kinds else " only")


def _count(kind: CellType) -> Column[CountedRow]:
    meaning = (
        "red cells, white cells, platelets on the photograph, those that its frame cuts included; 0 is a count; of a "
        "type in `not_located` an estimated number, rounded"
    )
    return Column(kind, int, meaning, lambda row: getattr(row.result.counts, kind))


def _of_type(kind: CellType) -> tuple[Column[CountedRow], ...]:
    """Everything about one cell type that rests on the counting frame or on the model's error."""
    return (
        Column(
            f"{kind}_frame",
            int,
            "cells of the type by the counting frame: those that touch the left or the upper side are out; empty, as "
            "all that follows from it, where cells were not located",
            lambda row: row.result.summary[kind].in_frame,
        ),
        *interval_columns(
            f"{kind}_expected",
            "mean number of cells of the type per field of this size in the smear, corrected for the model's bias "
            "where that was measured",
            lambda row: row.result.summary[kind].expected,
            short="that mean",
            n_decimals=2,
        ),
        *interval_columns(
            f"{kind}_corrected",
            "number of cells of the type on this photograph without the model's bias; empty where the model's error "
            "was not measured, or a person vouches for the count",
            lambda row: row.result.corrected.get(kind),
            short="that number",
            n_decimals=2,
        ),
        Column(
            f"{kind}_per_mm2",
            float,
            "cells of the type by the counting frame per counted area; empty where the scale is not known",
            lambda row: row.result.summary[kind].per_mm2,
            "1/mm²",
            1,
        ),
        Column(
            f"{kind}_unsure",
            int,
            f"cells of the type with a score below {UNSURE_BELOW}; empty where scores are not calibrated",
            lambda row: row.result.unsure.get(kind),
        ),
    )


def _per_1000_rbc(kind: CellType) -> Column[CountedRow]:
    meaning = "cells of the type for 1000 red cells, both by the counting frame; empty without red cells"
    return Column(
        f"{kind}_per_1000_rbc", float, meaning, lambda row: row.result.summary[kind].per_1000_rbc, n_decimals=2
    )


def _reviewed(
    name: str, value_type: type[Value], meaning: str, value: Callable[[Review], Value | None]
) -> Column[CountedRow]:
    """Make a column that is empty where nobody has corrected or signed."""

    def of_row(row: CountedRow) -> Value | None:
        return None if row.result.review is None else value(row.result.review)

    return Column(name, value_type, f"{meaning}; empty without a review", of_row)


def _names_of(review: Review) -> str:
    return "; ".join(review.by)


def _names(words: Sequence[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


COLUMNS: tuple[Column[CountedRow], ...] = (
    Column(
        "image",
        str,
        "file name, with as much of its folder as is needed when two are called the same",
        lambda row: row.entry.image,
    ),
    Column("width", int, "columns of pixels", lambda row: row.result.image.shape[1], "px"),
    Column("height", int, "rows of pixels", lambda row: row.result.image.shape[0], "px"),
    *map(_count, CELL_TYPES),
    Column(
        "red_cell_diameter_px",
        float,
        "the red-cell diameter, the ruler for everything else",
        lambda row: row.result.red_cell_diameter.px,
        "px",
        2,
    ),
    Column(
        "scale_confidence",
        float,
        f"from 0 to 1, how sure that diameter is: below {LEAST_TRUSTED} look at the overlay before you believe a "
        "number; 1 where it was given",
        lambda row: row.result.red_cell_diameter.confidence,
        n_decimals=3,
    ),
    Column("seconds", float, "time taken", lambda row: row.result.seconds, "s", 3),
    Column("overlay", str, "overlay picture of the photograph", lambda row: row.entry.overlay),
    Column("error", str, "why the photograph could not be counted; all else but `image` is empty then", lambda _: None),
    Column(
        "scale_origin",
        str,
        f"what set the diameter: {_names(get_args(Origin))}",
        lambda row: row.result.red_cell_diameter.origin,
    ),
    Column(
        "scale_warning",
        str,
        "what to look at before you believe the sizes; empty when all is well",
        lambda row: row.result.red_cell_diameter.warning,
    ),
    Column(
        "quality",
        str,
        f"whether the photograph is fit to be counted: {_names(get_args(Verdict))}",
        lambda row: row.result.quality.verdict,
    ),
    Column("quality_reason", str, "why not; empty when it is accepted", lambda row: row.result.quality.reason),
    Column(
        "frame_area_px",
        int,
        "counted area: without the first row and the first column, where a cell may go on outside",
        lambda row: row.result.frame.area_px,
        "px²",
    ),
    Column(
        "frame_area_mm2",
        float,
        "the same; empty where the scale is not known",
        lambda row: row.result.numbers.area_mm2,
        "mm²",
        6,
    ),
    Column(
        "um_per_px",
        float,
        "width of a pixel; empty where the scale is not known",
        lambda row: row.result.red_cell_diameter.um_per_px,
        "µm",
        5,
    ),
    Column(
        "um_per_px_origin",
        str,
        f"whether that was `given`, or is `assumed` from red cells {USUAL_RED_CELL_UM} µm wide",
        lambda row: row.result.red_cell_diameter.um_origin,
    ),
    Column(
        "interval_includes",
        str,
        "which errors the intervals of the mean hold: `sampling only`, or `sampling; model error of` the types that "
        "are named",
        lambda row: interval_includes([kind for kind in CELL_TYPES if row.result.summary[kind].includes_model_error]),
    ),
    *(column for kind in CELL_TYPES for column in _of_type(kind)),
    *(_per_1000_rbc(kind) for kind in CELL_TYPES if kind != "rbc"),
    _reviewed("cells_added", int, "cells that people have added", lambda review: review.n_added),
    _reviewed("cells_removed", int, "cells of the model that people have taken out", lambda review: review.n_removed),
    _reviewed(
        "cells_changed",
        int,
        "cells of the model to which people have given another type or outline",
        lambda review: review.n_changed,
    ),
    _reviewed("reviewed_by", str, "who did so or confirmed cells; names are parted by `; `", _names_of),
    _reviewed("signed_by", str, "who stands up for the counts", lambda review: review.signed_by),
    Column(
        "not_located",
        str,
        "types, parted by `; `, that were counted without locating their cells: they have no rows in `cells.csv`",
        lambda row: "; ".join(row.result.unlocated),
    ),
)
"""New columns come at the end: programs may count on the places of those before."""


def counted_row(entry: Entry, result: CountedImage) -> tuple[str, ...]:
    """Write the row of a counted photograph.

    Parameters
    ----------
    entry : Entry
    result : CountedImage

    Returns
    -------
    tuple of str
        One text for each of :data:`COLUMNS`; what is not known is empty.

    """
    return texts(COLUMNS, CountedRow(entry, result))


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
    return tuple(filled.get(column.name, "") for column in COLUMNS)
