"""``yolo/labels/NAME.txt``, ``yolo/data.yaml`` and ``yolo/classes.txt``: the boxes of each photograph as YOLO has them.

A line for each cell: number of its class, then x and y of the middle of the box, its width and its height, as parts of
the width and height of the photograph, from its upper left corner. A file without lines is a photograph without cells.
Trainings take the names of the classes from ``data.yaml``, labelling tools from the lines of ``classes.txt``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hemolens.cell_types import CELL_TYPES
from hemolens.output.entries import Entry
from hemolens.output.export.export_format import Contents, ExportFormat

if TYPE_CHECKING:
    from hemolens.counted_image import CountedImage

DATA, CLASSES = "yolo/data.yaml", "yolo/classes.txt"

_HEAD = """\
# Put the photographs into images/ beside this file; keep some for val that are not in train.
train: images
val: images
names:
"""
"""Without ``path`` a training looks for the photographs beside the file."""


class Yolo(ExportFormat):
    """A file for each photograph, and two with the classes; in a folder of their own no photograph is called so."""

    shared = (DATA, CLASSES)

    @staticmethod
    def files(entry: Entry) -> tuple[str, ...]:
        return (f"yolo/labels/{entry.stem}.txt",)

    def begin(self) -> Contents:
        names = "".join(f"  {number}: {kind}\n" for number, kind in enumerate(CELL_TYPES))
        return {DATA: f"{_HEAD}{names}".encode(), CLASSES: "".join(f"{kind}\n" for kind in CELL_TYPES).encode()}

    @staticmethod
    def own(entry: Entry, result: CountedImage) -> Contents:
        return {name: yolo_bytes(result) for name in Yolo.files(entry)}


def yolo_bytes(result: CountedImage) -> bytes:
    """Write the boxes of one photograph.

    Parameters
    ----------
    result : CountedImage

    Returns
    -------
    bytes
        ASCII, a line for each cell in the order of ``cells.csv``.

    """
    height, width = result.image.shape
    lines = []
    for cell in result.cells:
        row0, col0, row1, col1 = cell.box
        x, y = (col0 + col1) / 2 / width, (row0 + row1) / 2 / height
        size = f"{(col1 - col0) / width:.8f} {(row1 - row0) / height:.8f}"
        lines.append(f"{CELL_TYPES.index(cell.type)} {x:.8f} {y:.8f} {size}\n")
    return "".join(lines).encode()
