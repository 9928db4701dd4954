"""A table of counts and one of reference counts → both counts of each photograph."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from hemolens.cell_types import CELL_NAMES, CELL_TYPES, CellType
from hemolens.errors import LabelError, UsageError, quoted
from hemolens.files.spreadsheet import plain_text
from hemolens.images.formats import SUFFIXES
from hemolens.labels.count_table import has_counts, read_count_table
from hemolens.labels.table import read_table
from hemolens.labels.truth import Truths
from hemolens.output.report.html_page import names_text

MAX_BYTES = 20_000_000
"""Largest table."""

MAX_PHOTOGRAPHS = 3000
"""Most photographs that are compared: the regression looks at all pairs of them."""

COLUMNS = f"image and any of {', '.join(CELL_TYPES)}, in a CSV file or a workbook"


@dataclass(frozen=True)
class Pairs:
    """One cell type: both counts of each photograph.

    Attributes
    ----------
    names : list of str
        Of the photographs, as the table of counts has them.
    reference, counts : list of int
        What the laboratory and the program counted.

    """

    names: list[str]
    reference: list[int]
    counts: list[int]


class NumberSource(NamedTuple):
    """File name of a table, and its sha256."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Study:
    """All that two tables have in common.

    Attributes
    ----------
    counts, reference : NumberSource
        Where both come from.
    pairs : mapping of CellType to Pairs
        The types that both tables have on one photograph at least.
    notes : list of str
        What was left out, in sentences.

    """

    counts: NumberSource
    reference: NumberSource
    pairs: Mapping[CellType, Pairs]
    notes: list[str]


def read_study(counts: str | PathLike[str], reference: str | PathLike[str]) -> Study:
    """Read both tables and bring their rows together by the names of the photographs.

    A name in the reference fits the same name in the counts; else one that ends in the same folders, or lacks
    them; the suffix of a photograph may be missing.

    Parameters
    ----------
    counts : str or path
        ``counts.csv`` of ``hemolens count``; photographs that failed there have no counts.
    reference : str or path
        A table with a column ``image`` and any of ``rbc``, ``wbc``, ``plt``; an empty field is unknown. The
        reference counts are whole numbers.

    Returns
    -------
    Study
        Of one photograph and one type at least.

    Raises
    ------
    UsageError
        A table does not exist, both are one file, or they have nothing in common.
    LabelError
        A table is malformed or too large, or its names do not tell the photographs apart.

    """
    paths = Path(counts), Path(reference)
    check_tables(paths, first="counts.csv of hemolens count", second="your own counts")
    counted, referred = (_read(path) for path in paths)
    found = match_names(referred, counted)
    if len(found) > MAX_PHOTOGRAPHS:
        came, allowed = f"{len(found)} photographs", f"at most {MAX_PHOTOGRAPHS}"
        raise LabelError("too many photographs to compare", came=came, allowed=allowed, do="choose some at random")
    pairs = {kind: each for kind in CELL_TYPES if (each := _pairs(kind, found, referred, counted)).names}
    if not pairs:
        raise UsageError(
            "the two tables have nothing in common",
            came=f"{len(counted)} photographs in {quoted(paths[0])}, {len(referred)} in {quoted(paths[1])}, "
            f"{len(found)} of them with the same name",
            allowed="tables that both have a count of one type on one photograph at least",
            do="name the photographs alike in the column image of both",
        )
    return Study(
        counts=source_of(paths[0]),
        reference=source_of(paths[1]),
        pairs=pairs,
        notes=list(_notes(found, referred, counted)),
    )


def check_tables(paths: tuple[Path, Path], *, first: str, second: str) -> None:
    """Refuse tables that are not there, and one that is given twice.

    Raises
    ------
    UsageError

    """
    for path in paths:
        if not path.exists():
            raise UsageError(
                "there is no such table",
                came=quoted(path),
                allowed="the name of a CSV file or a workbook (.xlsx)",
                do="check the name",
            )
    if paths[0].samefile(paths[1]):
        raise UsageError(
            "the counts are compared with themselves",
            came=f"{quoted(paths[0])} twice",
            allowed=f"two tables: {first}, and {second}",
            do=f"name the table of {second} second",
        )


def match_names(names: Iterable[str], others: Iterable[str]) -> dict[str, str]:
    """Find for each name the one among others that means the same photograph; names without one are left out.

    Raises
    ------
    LabelError
        A name fits several others, or several names fit one.

    Examples
    --------
    >>> match_names(["1.jpg", "b/2", "3.jpg"], ["1.jpg", "a/2.png", "b/2.png"])
    {'1.jpg': '1.jpg', 'b/2': 'b/2.png'}

    """
    others = list(others)
    exact, by_stem = set(others), _index(others)
    found: dict[str, str] = {}
    owners: dict[str, str] = {}
    for name in names:
        fitting = [name] if name in exact else _fitting(name, by_stem)
        if len(fitting) > 1:
            raise _ambiguous(f"{quoted(name)}, which fits {names_text(fitting)}", "one photograph for a name")
        for other in fitting:
            if other in owners:
                raise _ambiguous(f"both {quoted(owners[other])} and {quoted(name)}", "one row for each photograph")
            found[name], owners[other] = other, name
    return found


@dataclass(frozen=True)
class _Place:
    """Names that share their ends: those that have nothing before it, and by the folder before it the others."""

    names: list[str] = field(default_factory=list)
    inside: dict[str, _Place] = field(default_factory=dict)


def _index(names: Iterable[str]) -> dict[str, dict[str, _Place]]:
    """Names by stem and suffix, so that looking one up takes no longer the more there are."""
    by_stem: dict[str, dict[str, _Place]] = {}
    for name in names:
        folders, stem, suffix = _parts(name)
        place = by_stem.setdefault(stem, {}).setdefault(suffix, _Place())
        for folder in reversed(folders):
            place = place.inside.setdefault(folder, _Place())
        place.names.append(name)
    return by_stem


def _fitting(name: str, by_stem: Mapping[str, Mapping[str, _Place]]) -> list[str]:
    """Give the names that mean the same photograph: as far as both say folders and a suffix, they are the same."""
    folders, stem, suffix = _parts(name)
    found: list[str] = []
    for other_suffix, top in by_stem.get(stem, {}).items():
        place: _Place | None = top if not suffix or not other_suffix or suffix == other_suffix else None
        for folder in reversed(folders):
            if place is not None:
                found += place.names
                place = place.inside.get(folder)
        longer = [] if place is None else [place]
        for each in longer:  # grows meanwhile
            found += each.names
            longer += each.inside.values()
    return found


def _parts(name: str) -> tuple[tuple[str, ...], str, str]:
    """Cut a name into its folders, stem and suffix; only photographs have a suffix."""
    path = PurePosixPath(name.replace("\\", "/"))
    suffix = path.suffix if path.suffix.lower() in SUFFIXES else ""
    return path.parts[:-1], path.name.removesuffix(suffix), suffix


def _ambiguous(came: str, allowed: str) -> LabelError:
    what, do = "the names in the tables do not tell the photographs apart", "use full file names, with their folders"
    return LabelError(what, came=came, allowed=allowed, do=do)


def _read(path: Path) -> dict[str, Truths]:
    table = read_table(path, MAX_BYTES)
    if not has_counts(table.columns):
        raise LabelError(
            f"the columns of {quoted(path.name)} are not those of counts",
            came=quoted(", ".join(table.columns)),
            allowed=COLUMNS,
            do="name the columns in the first line so",
        )
    return {plain_text(name): truths for name, truths in read_count_table(table).truths.items()}


def source_of(path: Path) -> NumberSource:
    """Name a table, with its sha256."""
    return NumberSource(path.resolve().name, hashlib.sha256(path.read_bytes()).hexdigest())


def _pairs(
    kind: CellType, found: Mapping[str, str], referred: Mapping[str, Truths], counted: Mapping[str, Truths]
) -> Pairs:
    rows = [
        (other, referred[name][kind].count, counted[other][kind].count)
        for name, other in found.items()
        if kind in referred[name] and kind in counted[other]
    ]
    return Pairs([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows])


def _notes(found: Mapping[str, str], referred: Mapping[str, Truths], counted: Mapping[str, Truths]) -> Iterable[str]:
    """Say what is in one table only, photographs first."""
    matched = set(found.values())
    for what, names in (
        ("in the reference, but not among the counts", [name for name in referred if name not in found]),
        ("among the counts, but not in the reference", [name for name in counted if name not in matched]),
        ("in both tables, but without any count by the program", [n for n, o in found.items() if not counted[o]]),
    ):
        if names:
            yield f"{_photographs(len(names))} {what}: {names_text(names)}."
    for kind in CELL_TYPES:
        blank = [name for name, other in found.items() if kind not in referred[name] and kind in counted[other]]
        if blank and any(kind in truths for truths in referred.values()):
            yield f"{_photographs(len(blank))} without a reference count of {CELL_NAMES[kind]}: {names_text(blank)}."
        elif blank:
            yield f"The reference has no count of {CELL_NAMES[kind]}."


def _photographs(n: int) -> str:
    return f"{n} photograph{'s' if n > 1 else ''}"
