"""``NAME.xml``: the boxes of one photograph in the layout of Pascal VOC, a file or a folder of them.

The first pixel is 1, and ``xmax`` and ``ymax`` are the last column and row inside, as Pascal VOC defines them. (Some
programs count from 0 instead; then the boxes are one pixel too large at the left and the top.) The photograph is the
one that ``filename`` names, or else the one called NAME. A file without objects is a photograph that holds no cell.
"""

from __future__ import annotations

import io
import math
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hemolens.cell_types import CellType
from hemolens.errors import LabelError, quoted
from hemolens.labels.cell_words import cell_type_of
from hemolens.labels.corner_box import LabelBox
from hemolens.labels.label_file import MAX_PHOTOGRAPH_BYTES, read_bytes
from hemolens.labels.label_format import LabelFormat, files_ending_in
from hemolens.labels.labelled_types import CellsByType, LabelledCell, labels_of_cells
from hemolens.labels.truth import Labels

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_DEPTH = 20
"""Deepest element; those of Pascal VOC lie at 3."""


def read_voc_boxes(paths: Sequence[Path], types: Collection[CellType] | None = None) -> Labels:
    """Read the boxes of photographs.

    Parameters
    ----------
    paths : sequence of Path
        A file for each photograph.
    types : collection of CellType, optional
        The labelled types; without it those that appear anywhere.

    Raises
    ------
    LabelError
        A file is not such a file, declares entities, nests too deep or is too large; a type is unknown, a number
        none, a box has no area, or two files are for one photograph.

    """
    cells: dict[str, CellsByType] = {}
    sizes: dict[str, tuple[int, int]] = {}
    for path in paths:
        root = _parse(path)
        name = (root.findtext("filename") or "").strip() or path.stem
        if name in cells:
            raise _malformed(path, f"a second file for {quoted(name)}", "one file for each photograph")
        of_image = cells.setdefault(name, {})
        size = root.find("size")
        if size is not None:
            height, width = (_number(path, size, each, "size") for each in ("height", "width"))
            if height > 0 and width > 0:  # some programs write 0 where they do not know
                sizes[name] = (int(height), int(width))
        for number, each in enumerate(root.iterfind("object")):
            where = f"object {number} of {quoted(path.name)}"
            kind = cell_type_of(each.findtext("name") or "", where)
            of_image.setdefault(kind, []).append(LabelledCell(_box(path, each, where)))
    return labels_of_cells(cells, types, sizes)


def _parse(path: Path) -> Element:
    """Read a file as XML without any declaration of a document type, hence without entities."""
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    data = read_bytes(path, MAX_PHOTOGRAPH_BYTES)
    depth, root = 0, None
    try:
        for event, element in iterparse(io.BytesIO(data), events=("start", "end"), forbid_dtd=True):
            root = element if root is None else root
            depth += 1 if event == "start" else -1
            if depth > MAX_DEPTH:
                raise _malformed(path, "elements nested too deep", f"at most {MAX_DEPTH} elements in each other")
    except DefusedXmlException as error:
        raise _malformed(path, "a declaration of a document type or of entities", "XML without them") from error
    except (ParseError, ValueError, LookupError) as error:
        raise _malformed(path, f"no XML ({error})", "an annotation in XML") from error
    if root is None or root.tag != "annotation":
        came = "nothing" if root is None else f"an element {quoted(root.tag)}"
        raise _malformed(path, came, "one element 'annotation'")
    found: Element = root
    return found


def _box(path: Path, each: Element, where: str) -> LabelBox:
    edges = each.find("bndbox")
    if edges is None:
        raise _malformed(path, f"no bndbox in {where}", "a bndbox in each object")
    x0, y0, x1, y1 = (_number(path, edges, edge, where) for edge in ("xmin", "ymin", "xmax", "ymax"))
    if x1 <= x0 - 1 or y1 <= y0 - 1:
        came = f"x {x0:g} to {x1:g}, y {y0:g} to {y1:g} in {where}"
        raise _malformed(path, came, "boxes with an area, xmin ≤ xmax and ymin ≤ ymax")
    return y0 - 1, x0 - 1, y1, x1


def _number(path: Path, parent: Element, tag: str, where: str) -> float:
    text = parent.findtext(tag)
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not abs(value) <= 1e9:  # NaN and infinity, too
        raise _malformed(path, f"{tag} {quoted(text)} in {where}", "finite numbers")
    return value


def _malformed(path: Path, came: str, allowed: str) -> LabelError:
    what = f"{quoted(path.name)} is not a file of Pascal VOC boxes"
    return LabelError(what, came=came, allowed=allowed, do="export it again")


FORMAT = LabelFormat(
    name="Pascal VOC",
    looks="`NAME.xml`, one or a folder; the first pixel is 1, `xmax` and `ymax` lie inside",
    says=("counts", "boxes"),
    find=files_ending_in(".xml"),
    read=read_voc_boxes,
)
