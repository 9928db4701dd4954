"""The classes of white cells by the program, and by a laboratory → both differentials, and who called what a what.

The laboratory has either classed the same cells (a table with ``image``, ``x``, ``y`` and ``class``, such as the
``cells.csv`` of a count that was corrected), or counted classes on the same photographs (``image`` and columns of
classes).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import LEUKOCYTES, WHITE_CELL_CLASSES, WhiteCellClass
from hemolens.errors import LabelError, UsageError, quoted
from hemolens.evaluation.agreement import Estimate
from hemolens.evaluation.record import Record, make_record
from hemolens.evaluation.study.pairs import MAX_BYTES, NumberSource, check_tables, match_names, source_of
from hemolens.labels.placed_classes import (
    PlacedCell,
    check_columns,
    has_placed_classes,
    image_of,
    read_placed_classes,
    same_cells,
)  # fmt: skip
from hemolens.labels.table import Row, read_table
from hemolens.output.report.html_page import names_text
from hemolens.statistics.differential import Differential, join_differentials

_NORMAL_95 = 1.959964


@dataclass(frozen=True)
class ClassStudy:
    """Two differentials of the same photographs.

    Attributes
    ----------
    counts, reference : NumberSource
        Where both come from.
    names : list of str
        The photographs, as the table of the program has them.
    ours, theirs : Differential
        By the program, and by the laboratory.
    confusion : ndarray of int, shape (K, K), or None
        Of the cells that both have: class of the laboratory (rows) and of the program (columns), in the order of
        :data:`~hemolens.cell_types.WHITE_CELL_CLASSES`. None where the laboratory has counted, not placed.
    n_unmatched : tuple of int
        White cells that the program alone, and the laboratory alone, has.
    notes : list of str

    """

    counts: NumberSource
    reference: NumberSource
    names: list[str]
    ours: Differential
    theirs: Differential
    confusion: NDArray[np.int64] | None
    n_unmatched: tuple[int, int]
    notes: list[str]


class Kappa(NamedTuple):
    """Agreement beyond chance, with its 95 % interval by the standard error of Cohen; NaN where it is not defined."""

    value: float
    low: float
    high: float


def read_class_study(cells: str | PathLike[str], reference: str | PathLike[str]) -> ClassStudy:
    """Read both tables and bring their photographs together by name.

    Parameters
    ----------
    cells : str or path
        ``cells.csv`` of ``hemolens count --differential``.
    reference : str or path
        A table of cells, or of counts of classes, as this module says.

    Raises
    ------
    UsageError
        A table does not exist, both are one file, or they have nothing in common.
    LabelError
        A table is malformed or too large, or its names do not tell the photographs apart.

    """
    paths = Path(cells), Path(reference)
    check_tables(paths, first="cells.csv of hemolens count --differential", second="your own classes")
    ours = read_placed_classes(paths[0])
    is_placed = has_placed_classes(paths[1])
    theirs = read_placed_classes(paths[1]) if is_placed else {}
    counted = {} if is_placed else _read_counted(paths[1])
    found = match_names(theirs or counted, ours)
    if not found:
        raise UsageError(
            "the two tables have nothing in common",
            came=f"{len(ours)} photographs in {quoted(paths[0])}, {len(theirs or counted)} in {quoted(paths[1])}",
            allowed="tables that both have white cells of one photograph at least",
            do="name the photographs alike in the column image of both",
        )
    notes = _notes(found, theirs or counted, ours)
    confusion, alone = _confusion(found, theirs, ours) if is_placed else (None, (0, 0))
    return ClassStudy(
        counts=source_of(paths[0]),
        reference=source_of(paths[1]),
        names=list(found.values()),
        ours=_differential(ours[name] for name in found.values()),
        theirs=_differential(theirs[name] for name in found)
        if is_placed
        else join_differentials(counted[name] for name in found),
        confusion=confusion,
        n_unmatched=alone,
        notes=notes,
    )


def kappa(confusion: NDArray[np.int64]) -> Kappa:
    """Measure how far two readers agree beyond what chance would give (Cohen, Educ Psychol Meas 20 (1960), 37-46).

    Parameters
    ----------
    confusion : ndarray of int, shape (K, K)

    Examples
    --------
    >>> round(kappa(np.array([[20, 5], [10, 15]])).value, 2)
    0.4

    """
    n = int(confusion.sum())
    if not n:
        return Kappa(math.nan, math.nan, math.nan)
    agreed = float(np.trace(confusion)) / n
    by_chance = float(confusion.sum(axis=0) @ confusion.sum(axis=1)) / n**2
    if by_chance == 1:
        return Kappa(math.nan, math.nan, math.nan)
    value = (agreed - by_chance) / (1 - by_chance)
    reach = _NORMAL_95 * math.sqrt(agreed * (1 - agreed) / n) / (1 - by_chance)
    return Kappa(value, max(-1.0, value - reach), min(1.0, value + reach))


def class_records(study: ClassStudy) -> list[Record]:
    """Turn a study into records: shares of the leukocytes as fractions, by class and reader, and what they agree on."""
    n = len(study.names)
    records = []
    for each in LEUKOCYTES:
        for who, differential in (("reference", study.theirs), ("program", study.ours)):
            share = differential.share(each)
            figure = Estimate(math.nan) if share is None else Estimate(*share)
            records.append(make_record("differential", "wbc", f"{each}, {who}", n, figure))
    if study.confusion is not None:
        records.append(make_record("differential", "wbc", "kappa", n, Estimate(*kappa(study.confusion))))
    return records


def within_limits(study: ClassStudy, each: WhiteCellClass) -> bool | None:
    """Whether the program's share lies within Rümke's limits of the laboratory's; None where there is none."""
    ours, theirs = study.ours.share(each), study.theirs.share(each)
    if ours is None or theirs is None:
        return None
    return theirs.low <= ours.value <= theirs.high


def _read_counted(path: Path) -> dict[str, dict[WhiteCellClass, int]]:
    table = read_table(path, MAX_BYTES)
    columns = [each for each in WHITE_CELL_CLASSES if each in table.columns]
    allowed = f"image, and x, y and class or any of {', '.join(WHITE_CELL_CLASSES)}"
    check_columns(path, table.columns, "image" in table.columns and bool(columns), allowed)
    counts: dict[str, dict[WhiteCellClass, int]] = {}
    for row in table.rows:
        name = image_of(row)
        if name in counts:
            allowed, do = "one row for each photograph", "correct or remove the line"
            raise LabelError(f"the image in {row.where} comes twice", came=quoted(name), allowed=allowed, do=do)
        counts[name] = {each: _count(row, each) for each in columns}
    return counts


def _count(row: Row, each: WhiteCellClass) -> int:
    value = row.number(each) if row.texts[each] else 0.0
    if value < 0 or value != int(value):
        allowed, do = "0, 1, 2, …, or nothing for none", "correct the line"
        raise LabelError(f"{each} in {row.where} is not a count", came=quoted(row.texts[each]), allowed=allowed, do=do)
    return int(value)


def _differential(photographs: Iterator[list[PlacedCell]]) -> Differential:
    return join_differentials(Counter(cell.white_cell_class for cell in cells) for cells in photographs)


def _confusion(
    found: Mapping[str, str], theirs: Mapping[str, list[PlacedCell]], ours: Mapping[str, list[PlacedCell]]
) -> tuple[NDArray[np.int64], tuple[int, int]]:
    """Count who called what a what, and the cells that only one has: the program's, then the laboratory's."""
    places = {each: place for place, each in enumerate(WHITE_CELL_CLASSES)}
    confusion = np.zeros((len(places), len(places)), np.int64)
    n_ours = n_theirs = 0
    for name, other in found.items():
        n_ours, n_theirs = n_ours + len(ours[other]), n_theirs + len(theirs[name])
        for first, second in same_cells(theirs[name], ours[other]):
            confusion[places[first.white_cell_class], places[second.white_cell_class]] += 1
    n_both = int(confusion.sum())
    return confusion, (n_ours - n_both, n_theirs - n_both)


def _notes(found: Mapping[str, str], referred: Collection[str], counted: Collection[str]) -> list[str]:
    matched = set(found.values())
    left = (
        ("in the reference, but without white cells of the program", [each for each in referred if each not in found]),
        ("of the program, but not in the reference", [each for each in counted if each not in matched]),
    )
    return [
        f"{len(names)} photograph{'s' * (len(names) > 1)} {what}: {names_text(names)}." for what, names in left if names
    ]
