"""``imagej/NAME.zip``: the cells of one photograph as regions of interest for ImageJ and Fiji.

Each region is a polygon called after its type and its number in ``cells.csv``, as in ``rbc-12``, in the colour of the
overlay. Coordinates are pixels from the upper left corner, as ImageJ counts those of areas. The position in a stack is
left open, so that the regions show on whatever the photograph is opened as. In Fiji: drag the file onto the open
photograph, or *More » Open…* in the ROI Manager.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from hemolens.cells.cell import Cell
from hemolens.output.entries import Entry
from hemolens.output.export.export_format import Contents, ExportFormat
from hemolens.output.export.polygon import polygon_of
from hemolens.output.overlay import COLOURS

if TYPE_CHECKING:
    from hemolens.counted_image import CountedImage

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every file in the archive, so that the same cells give the same bytes."""


class ImageJ(ExportFormat):
    """A file for each photograph."""

    @staticmethod
    def files(entry: Entry) -> tuple[str, ...]:
        return (f"imagej/{entry.stem}.zip",)

    @staticmethod
    def own(entry: Entry, result: CountedImage) -> Contents:
        return {name: roi_zip_bytes(result) for name in ImageJ.files(entry)}


def roi_zip_bytes(result: CountedImage) -> bytes:
    """Write the cells of one photograph.

    Parameters
    ----------
    result : CountedImage

    Returns
    -------
    bytes
        A ZIP archive of ROI files in the order of ``cells.csv``; empty without cells.

    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, cell in enumerate(result.cells, start=1):
            name = f"{cell.type}-{number}"
            archive.writestr(zipfile.ZipInfo(f"{name}.roi", _EPOCH), _roi_bytes(cell, name), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _roi_bytes(cell: Cell, name: str) -> bytes:
    from roifile import ROI_TYPE, ImagejRoi

    roi = ImagejRoi.frompoints(polygon_of(cell), name=name)
    roi.roitype = ROI_TYPE.POLYGON
    roi.stroke_color = bytes([255, *COLOURS[cell.type]])
    return bytes(roi.tobytes())
