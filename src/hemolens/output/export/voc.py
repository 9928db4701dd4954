"""``voc/NAME.xml``: the boxes of one photograph as Pascal VOC has them.

In Pascal VOC the first pixel is 1, and ``xmax`` and ``ymax`` are the last column and row *inside* the box. A box that
covers columns 0 to 9 (``x0`` = 0, ``x1`` = 10 in ``cells.csv``) has ``xmin`` 1 and ``xmax`` 10.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from hemolens.cells.cell import Cell
from hemolens.output.entries import Entry
from hemolens.output.export.export_format import Contents, ExportFormat

if TYPE_CHECKING:
    from hemolens.counted_image import CountedImage


class Voc(ExportFormat):
    """A file for each photograph."""

    @staticmethod
    def files(entry: Entry) -> tuple[str, ...]:
        return (f"voc/{entry.stem}.xml",)

    @staticmethod
    def own(entry: Entry, result: CountedImage) -> Contents:
        return {name: voc_bytes(entry, result) for name in Voc.files(entry)}


def voc_bytes(entry: Entry, result: CountedImage) -> bytes:
    """Write the boxes of one photograph.

    Parameters
    ----------
    entry : Entry
    result : CountedImage

    Returns
    -------
    bytes
        XML in UTF-8. ``truncated`` is 1 for a cell that touches the frame.

    """
    height, width = result.image.shape
    path = PurePosixPath(_in_xml(entry.image))
    root = ElementTree.Element("annotation")
    _add(root, folder="" if path.parent == PurePosixPath() else path.parent, filename=path.name)
    _add(ElementTree.SubElement(root, "source"), database="hemolens")
    _add(ElementTree.SubElement(root, "size"), width=width, height=height, depth=3)
    _add(root, segmented=0)
    for cell in result.cells:
        _add_object(root, cell)
    ElementTree.indent(root)
    content: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def _add_object(root: ElementTree.Element, cell: Cell) -> None:
    row0, col0, row1, col1 = (int(edge) for edge in cell.box)
    each = ElementTree.SubElement(root, "object")
    _add(each, name=cell.type, pose="Unspecified", truncated=int(cell.touches_frame), difficult=0)
    _add(ElementTree.SubElement(each, "bndbox"), xmin=col0 + 1, ymin=row0 + 1, xmax=col1, ymax=row1)


def _add(parent: ElementTree.Element, **texts: object) -> None:
    for tag, text in texts.items():
        ElementTree.SubElement(parent, tag).text = str(text)


def _in_xml(name: str) -> str:
    r"""Write the few characters that no XML file can hold as escapes.

    >>> print(_in_xml("a\uffffb.jpg"))
    a\uffffb.jpg
    """
    return re.sub(
        "[\x00-\x1f\ud800-\udfff\ufffe\uffff]", lambda found: found[0].encode("unicode_escape").decode(), name
    )
