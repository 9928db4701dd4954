"""``yolo/labels/NAME.txt`` and ``yolo/classes.txt``: the boxes of each photograph as YOLO has them.

A line for each cell: number of its class (0 is the first line of ``classes.txt``), then x and y of the middle of the
box, its width and its height, as parts of the width and height of the photograph, from its upper left corner. A file
without lines is a photograph without cells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hemolens.cell_types import CELL_TYPES
from hemolens.output.entries import Entry
from hemolens.output.export.export_format import Contents, ExportFormat

if TYPE_CHECKING:
    from hemolens.counted_image import CountedImage

CLASSES = "yolo/classes.txt"


class Yolo(ExportFormat):
    """A file for each photograph, and one with the classes; in a folder of their own no photograph takes its name."""

    shared = (CLASSES,)

    @staticmethod
    def files(entry: Entry) -> tuple[str, ...]:
        return (f"yolo/labels/{entry.stem}.txt",)

    def begin(self) -> Contents:
        return {CLASSES: "".join(f"{kind}\n" for kind in CELL_TYPES).encode()}

    def add(self, entry: Entry, result: CountedImage) -> Contents:
        return {name: yolo_bytes(result) for name in self.files(entry)}


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
