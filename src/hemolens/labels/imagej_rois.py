"""``NAME.zip``: the regions of one photograph as the ROI Manager of ImageJ and Fiji saves them.

Every area (polygon, freehand, rectangle, oval, composite) is a cell of the type that its name begins with, as in
``rbc-12``. Coordinates are pixels from the upper left corner of the photograph, which is the one called NAME. Nothing
is ever unpacked to the disk. An empty archive is a photograph that was looked at and holds no cell.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CellType
from hemolens.errors import LabelError, quoted
from hemolens.images.formats import quietly
from hemolens.labels.cell_words import cell_type_of
from hemolens.labels.corner_box import LabelBox, box_around, notes_on
from hemolens.labels.label_file import read_bytes
from hemolens.labels.label_format import LabelFormat, files_ending_in
from hemolens.labels.labelled_types import CellsByType, LabelledCell, labels_of_cells, outlined_cell
from hemolens.labels.truth import Labels

if TYPE_CHECKING:
    from roifile import ImagejRoi

MAX_ARCHIVE_BYTES = 50_000_000
MAX_REGIONS = 200_000
MAX_REGION_BYTES = 1_000_000
MAX_UNPACKED_BYTES = 200_000_000
"""Limits of one archive: its size, its entries, and what one of them and all together may hold when unpacked."""

_N_CORNERS_OF_OVAL = 64


def read_roi_zips(paths: Sequence[Path], types: Collection[CellType] | None = None) -> Labels:
    """Read the regions of photographs.

    Parameters
    ----------
    paths : sequence of Path
        An archive for each photograph.
    types : collection of CellType, optional
        The labelled types; without it those that appear anywhere.

    Raises
    ------
    LabelError
        An archive is damaged, too large or not of regions, a region is not an area, or its name tells no cell type.

    """
    cells: dict[str, CellsByType] = {}
    n_empty = 0
    for path in paths:
        of_image = cells.setdefault(path.stem, {})
        for entry, data in _entries(path):
            where = f"{quoted(entry)} in {quoted(path.name)}"
            region = _parse(data, where)
            name = region.name or PurePosixPath(entry).stem
            word = re.match(r"\s*([A-Za-z]*)", name)
            kind = cell_type_of(word[1] if word and word[1] else name, where)
            cell = _cell(region, where)
            if cell is None:
                n_empty += 1
            else:
                of_image.setdefault(kind, []).append(cell)
    return labels_of_cells(cells, types, notes=tuple(notes_on(n_empty)))


def _entries(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every region, within the limits whatever the archive says of itself."""
    data = read_bytes(path, MAX_ARCHIVE_BYTES)
    n_unpacked = 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [each for each in archive.infolist() if not _is_of_the_system(each.filename)]
            if len(entries) > MAX_REGIONS:
                raise _unusable(path, f"{len(entries)} entries", f"at most {MAX_REGIONS} regions")
            for entry in entries:
                _check_name(path, entry.filename)
                with archive.open(entry) as file:
                    content = file.read(MAX_REGION_BYTES + 1)
                n_unpacked += len(content)
                if len(content) > MAX_REGION_BYTES or n_unpacked > MAX_UNPACKED_BYTES:
                    each, all_ = MAX_REGION_BYTES // 1_000_000, MAX_UNPACKED_BYTES // 1_000_000
                    allowed = f"regions of at most {each} MB, {all_} MB together"
                    raise _unusable(path, f"more than that, unpacked, at {quoted(entry.filename)}", allowed)
                yield entry.filename, content
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        came = f"a damaged archive ({str(error) or type(error).__name__})"
        raise _unusable(path, came, "a ZIP archive of ROI files without a password") from error


def _is_of_the_system(name: str) -> bool:
    """Whether an entry is a folder, or what macOS adds to archives."""
    return name.endswith(("/", ".DS_Store")) or name.startswith("__MACOSX/")


def _check_name(path: Path, name: str) -> None:
    parts = PurePosixPath(name.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or re.match("[A-Za-z]:", name):
        raise _unusable(path, f"an entry that leads elsewhere, {quoted(name)}", "names without folders")
    if parts.suffix.lower() != ".roi":
        raise _unusable(path, f"the entry {quoted(name)}", "entries that end in .roi")


def _parse(data: bytes, where: str) -> ImagejRoi:
    from roifile import ImagejRoi

    try:
        with quietly():
            return ImagejRoi.frombytes(data)
    except (ValueError, TypeError, IndexError, OverflowError, AssertionError, struct.error) as error:
        raise LabelError(
            f"a region cannot be read: {where}",
            came=str(error) or type(error).__name__,
            allowed="a region as ImageJ saves it",
            do="save it from the ROI Manager again",
        ) from error


def _cell(region: ImagejRoi, where: str) -> LabelledCell | None:
    """The outline of an area, or the box of a rectangle; None when it encloses nothing."""
    from roifile import ROI_SUBTYPE, ROI_TYPE

    outlined = {ROI_TYPE.POLYGON, ROI_TYPE.FREEHAND, ROI_TYPE.TRACED}
    framed = {ROI_TYPE.RECT, ROI_TYPE.OVAL}
    if region.roitype not in outlined | framed or region.subtype in {ROI_SUBTYPE.TEXT, ROI_SUBTYPE.IMAGE}:
        raise LabelError(
            f"a region is not an area: {where}",
            came=f"one of type {region.roitype.name.lower()}",
            allowed="polygons, freehand and traced outlines, rectangles, ovals",
            do="remove it from the ROI Manager",
        )
    if region.roitype in outlined:
        points = np.asarray(region.coordinates(), float)
    elif region.subpixelrect:
        x, y = region.xd, region.yd
        points = np.array([[x, y], [x + region.widthd, y + region.heightd]], float)
    else:
        points = np.array([[region.left, region.top], [region.right, region.bottom]], float)
    if not np.isfinite(points).all():
        raise LabelError(
            f"a coordinate is not a number: {where}",
            came="NaN or infinity",
            allowed="finite numbers",
            do="draw the region again",
        )
    box = box_around(points)
    if box is None or region.roitype == ROI_TYPE.RECT:
        return None if box is None else LabelledCell(box)
    return LabelledCell(box, [_ellipse_in(box)]) if region.roitype == ROI_TYPE.OVAL else outlined_cell([points])


def _ellipse_in(box: LabelBox) -> NDArray[np.float64]:
    row0, col0, row1, col1 = box
    angles = np.linspace(0, 2 * np.pi, _N_CORNERS_OF_OVAL, endpoint=False)
    x, y = (col0 + col1 + (col1 - col0) * np.cos(angles)) / 2, (row0 + row1 + (row1 - row0) * np.sin(angles)) / 2
    return np.stack([x, y], axis=1)


def _unusable(path: Path, came: str, allowed: str) -> LabelError:
    what = f"{quoted(path.name)} is not an archive of regions that can be read"
    return LabelError(what, came=came, allowed=allowed, do="save the regions from the ROI Manager again")


FORMAT = LabelFormat(
    name="ImageJ regions",
    looks="`NAME.zip` from the ROI Manager, one or a folder; areas whose names begin with the type, as `rbc-12`",
    says=("counts", "boxes", "outlines"),
    find=files_ending_in(".zip"),
    read=read_roi_zips,
)
