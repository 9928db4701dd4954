"""A folder with a file of class names and ``NAME.txt`` for each photograph: boxes in the layout of YOLO.

A line of ``NAME.txt`` is a cell: number of its class from 0, x and y of the middle of its box, width and height, as
parts of the photograph's width and height. An empty file is a photograph that was looked at and holds no cell.

A class's name is its type; classes that no cell has do not matter. They are ``names`` in ``data.yaml``, as trainings
want it, or the lines of ``obj.names`` or of ``classes.txt``; of several of these files the first is read. What they say
of places is passed over: these are often places on another computer. The files of the photographs are in folders called
``labels``, for each part of the data if there are several, or in CVAT's ``obj_train_data``; without such folders they
lie beside the names.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from hemolens.cell_types import CellType
from hemolens.errors import LabelError, quoted
from hemolens.labels.cell_words import cell_type_of
from hemolens.labels.corner_box import LabelBox
from hemolens.labels.label_file import MAX_PHOTOGRAPH_BYTES, files_in, read_text
from hemolens.labels.label_format import LabelFormat
from hemolens.labels.labelled_types import CellsByType, LabelledCell, labels_of_cells
from hemolens.labels.truth import Labels

DATA = "data.yaml"

NAMES = (DATA, "obj.names", "classes.txt")
"""Files of class names; the first that is there is read."""

FOLDERS = ("labels", "labels/*", "*/labels", "*/labels/*", "obj_*_data", "obj_*_data/*")
"""Where the files of the photographs may be."""

MAX_NAMES_BYTES = 100_000
"""Largest file of class names."""

TOLERANCE = 0.02
"""How far a box may reach out of the photograph, in parts of its width and height; it is cut off there."""


class _Class(NamedTuple):
    """The name of a class, and where it stands."""

    word: str
    where: str


def read_yolo_boxes(names: Path, types: Collection[CellType] | None = None) -> Labels:
    """Read the boxes of photographs.

    Parameters
    ----------
    names : Path
        One of the files :data:`NAMES`, in the folder of the labels.
    types : collection of CellType, optional
        The labelled types; without it those that appear anywhere.

    Returns
    -------
    Labels
        In parts of the photographs' heights and widths.

    Raises
    ------
    LabelError
        The class of a cell is no cell type, the names are malformed, there are no files or two for one photograph, or a
        line is not such a line.

    """
    classes = _read_data(names) if names.name == DATA else _read_lines(names)
    cells: dict[str, CellsByType] = {}
    for path in _files(names.parent):
        if path.stem in cells:
            came = f"a second {quoted(path.name)}, in {quoted(path.parent)}"
            raise _unusable("several files for one photograph", came, "photographs with different names")
        of_image = cells.setdefault(path.stem, {})
        for number, line in enumerate(read_text(path, MAX_PHOTOGRAPH_BYTES).splitlines(), start=1):
            if line.strip():
                kind, box = _cell(line, classes, f"line {number} of {quoted(path.name)}")
                of_image.setdefault(kind, []).append(LabelledCell(box))
    return labels_of_cells(cells, types, in_parts=True)


def _read_lines(path: Path) -> dict[int, _Class]:
    """Read a file with a line for each class."""
    lines = enumerate(read_text(path, MAX_NAMES_BYTES).splitlines(), start=1)
    named = [_Class(word, f"line {number} of {path.name}") for number, word in lines if word.strip()]
    return dict(enumerate(named))


def _read_data(path: Path) -> dict[int, _Class]:
    """Read ``names`` of ``data.yaml``: a list, or a map of numbers to names. Every scalar is a text."""
    import yaml

    text = read_text(path, MAX_NAMES_BYTES)
    what, allowed = "the classes cannot be read", "names: a list, or a map of numbers to names, without aliases"
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.BaseLoader)):
            raise _unusable(what, f"an alias in {quoted(path)}", allowed)
        read = yaml.load(text, yaml.BaseLoader)  # noqa: S506 -- it makes nothing but texts, lists and maps
        names = read["names"]
        pairs = names.items() if isinstance(names, dict) else enumerate(names)
        numbered = {int(number): word for number, word in pairs}
    except (yaml.YAMLError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _unusable(what, f"{quoted(path)} ({type(error).__name__})", allowed) from error
    if isinstance(names, str) or len(numbered) < len(names) or not all(isinstance(w, str) for w in numbered.values()):
        raise _unusable(what, f"names: {quoted(str(names)[:80])} in {quoted(path)}", allowed)
    return {number: _Class(word, f"class {number} of {path.name}") for number, word in numbered.items()}


def _files(folder: Path) -> list[Path]:
    """Files of the photographs: those in folders for labels, or else those beside the names."""
    inner = [path for pattern in FOLDERS for path in sorted(folder.glob(pattern)) if path.is_dir()]
    paths = [path for each in inner or [folder] for path in files_in(each, ".txt", but=NAMES)]
    if not paths:
        allowed = "a file NAME.txt for each photograph in labels/ or beside the names of the classes"
        raise _unusable("the folder holds no boxes", quoted(folder), allowed)
    return paths


def _cell(line: str, classes: Mapping[int, _Class], where: str) -> tuple[CellType, LabelBox]:
    """Read (row0, col0, row1, col1) in parts of height and width."""
    try:
        first, *rest = line.split()
        number, (x, y, width, height) = int(first), map(float, rest)
    except ValueError as error:
        raise _malformed(where, line, "a whole number and four numbers") from error
    if number not in classes:
        raise _malformed(where, line, f"numbers of classes: {', '.join(map(str, sorted(classes)[:20]))}")
    box = y - height / 2, x - width / 2, y + height / 2, x + width / 2
    inside = all(-TOLERANCE <= edge <= 1 + TOLERANCE for edge in box)  # not so where one is NaN
    if not inside or not (width > 0 and height > 0) or not math.isfinite(width + height):
        raise _malformed(where, line, "a box with an area inside the photograph, in parts of its width and height")
    row0, col0, row1, col1 = (min(max(edge, 0.0), 1.0) for edge in box)
    return cell_type_of(*classes[number]), (row0, col0, row1, col1)


def _malformed(where: str, line: str, allowed: str) -> LabelError:
    return LabelError(f"{where} is not a box", came=quoted(line[:80]), allowed=allowed, do="correct or remove the line")


def _unusable(what: str, came: str, allowed: str) -> LabelError:
    return LabelError(what, came=came, allowed=allowed, do="export it again")


def _find(path: Path) -> Sequence[Path]:
    return [path / name for name in NAMES if (path / name).is_file()][:1]


FORMAT = LabelFormat(
    name="YOLO",
    looks="a folder with `data.yaml`, `obj.names` or `classes.txt`, and `NAME.txt` for each photograph in `labels/` "
    "(or `labels/PART/`, `PART/labels/`, `obj_train_data/`) or beside it",
    says=("counts", "boxes"),
    find=_find,
    read=lambda found, types: read_yolo_boxes(found[0], types),
)
