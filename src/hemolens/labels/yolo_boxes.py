"""A folder with ``classes.txt`` and ``NAME.txt`` for each photograph: boxes in the layout of YOLO.

A line of ``classes.txt`` is a type; a line of ``NAME.txt`` is a cell: number of its type from 0, x and y of the middle
of its box, width and height, as parts of the photograph's width and height. The files lie beside ``classes.txt`` or in
a folder ``labels`` there. An empty one is a photograph that was looked at and holds no cell.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from pathlib import Path

from hemolens.cell_types import CellType
from hemolens.errors import LabelError, quoted
from hemolens.labels.cell_words import cell_type_of
from hemolens.labels.corner_box import LabelBox
from hemolens.labels.label_file import files_in, read_text
from hemolens.labels.label_format import LabelFormat
from hemolens.labels.labelled_types import CellsByType, LabelledCell, labels_of_cells
from hemolens.labels.truth import Labels

CLASSES = "classes.txt"

MAX_TEXT_BYTES = 20_000_000
"""Largest file of one photograph: some hundred thousand boxes."""

TOLERANCE = 0.02
"""How far a box may reach out of the photograph, in parts of its width and height; it is cut off there."""


def read_yolo_boxes(folder: Path, types: Collection[CellType] | None = None) -> Labels:
    """Read the boxes of photographs.

    Parameters
    ----------
    folder : Path
        It holds ``classes.txt``.
    types : collection of CellType, optional
        The labelled types; without it those that appear anywhere.

    Returns
    -------
    Labels
        In parts of the photographs' heights and widths.

    Raises
    ------
    LabelError
        A class is no cell type, there are no files, or a line is not such a line.

    """
    lines = read_text(folder / CLASSES, MAX_TEXT_BYTES).splitlines()
    kinds = [cell_type_of(word, f"line {n} of {CLASSES}") for n, word in enumerate(lines, start=1) if word.strip()]
    inner = folder / "labels"
    paths = files_in(inner if inner.is_dir() else folder, ".txt", but=(CLASSES,))
    if not paths:
        raise LabelError(
            "the folder holds no boxes",
            came=quoted(folder),
            allowed=f"{CLASSES}, and a file NAME.txt for each photograph beside it or in labels/",
            do="export it again",
        )
    cells: dict[str, CellsByType] = {}
    for path in paths:
        of_image = cells.setdefault(path.stem, {})
        for number, line in enumerate(read_text(path, MAX_TEXT_BYTES).splitlines(), start=1):
            if line.strip():
                kind, box = _cell(line, kinds, f"line {number} of {quoted(path.name)}")
                of_image.setdefault(kind, []).append(LabelledCell(box))
    return labels_of_cells(cells, types, in_parts=True)


def _cell(line: str, kinds: list[CellType], where: str) -> tuple[CellType, LabelBox]:
    """Read (row0, col0, row1, col1) in parts of height and width."""
    try:
        first, *rest = line.split()
        number, (x, y, width, height) = int(first), map(float, rest)
    except ValueError as error:
        raise _malformed(where, line, "a whole number and four numbers") from error
    if not 0 <= number < len(kinds):
        raise _malformed(where, line, f"classes 0 to {len(kinds) - 1}, the lines of {CLASSES}")
    box = y - height / 2, x - width / 2, y + height / 2, x + width / 2
    inside = all(-TOLERANCE <= edge <= 1 + TOLERANCE for edge in box)  # not so where one is NaN
    if not inside or not (width > 0 and height > 0) or not math.isfinite(width + height):
        raise _malformed(where, line, "a box with an area inside the photograph, in parts of its width and height")
    row0, col0, row1, col1 = (min(max(edge, 0.0), 1.0) for edge in box)
    return kinds[number], (row0, col0, row1, col1)


def _malformed(where: str, line: str, allowed: str) -> LabelError:
    return LabelError(f"{where} is not a box", came=quoted(line[:80]), allowed=allowed, do="correct or remove the line")


def _find(path: Path) -> Sequence[Path]:
    return [path] if (path / CLASSES).is_file() else []


FORMAT = LabelFormat(
    name="YOLO",
    looks="a folder with `classes.txt`, and `NAME.txt` for each photograph beside it or in `labels/`",
    says=("counts", "boxes"),
    find=_find,
    read=lambda found, types: read_yolo_boxes(found[0], types),
)
