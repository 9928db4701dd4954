"""``labels/NAME.ome.tif`` and ``labels/TYPE/NAME.png``: pictures in which every pixel says which cell it belongs to.

The value of a pixel is the number that its cell has in ``cells.csv``, and 0 where there is none. A pixel belongs to a
cell when its centre lies inside the outline, not on it; a cell too small for that has the pixel nearest to its centre.
Where two cells of a type overlap, the smaller one is on top. The TIFF has a channel for each type; the PNGs hold 16
bits, so a photograph with more than 65535 cells has none.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CELL_NAMES, CELL_TYPES, CellType
from hemolens.output.entries import Entry
from hemolens.output.export.export_format import Contents, ExportFormat
from hemolens.output.export.polygon import CORNER, polygon_of

if TYPE_CHECKING:
    from hemolens.counted_image import CountedImage

_LARGEST_16_BIT = 65535


class LabelImages(ExportFormat):
    """A TIFF for each photograph, and a PNG for each of its types."""

    draws_every_pixel = True

    @staticmethod
    def files(entry: Entry) -> tuple[str, ...]:
        return f"labels/{entry.stem}.ome.tif", *(f"labels/{kind}/{entry.stem}.png" for kind in CELL_TYPES)

    @staticmethod
    def own(entry: Entry, result: CountedImage) -> Contents:
        tiff, *pictures = LabelImages.files(entry)
        planes = [label_image(result, kind) for kind in CELL_TYPES]
        contents = {tiff: ome_tiff_bytes(result, planes)}
        for labels, name in zip(planes, pictures, strict=True):
            if labels.dtype == np.uint16:
                contents[name] = png_16_bit_bytes(labels.astype(np.uint16, copy=False))
        return contents


def label_image(result: CountedImage, cell_type: CellType) -> NDArray[np.uint16 | np.uint32]:
    """Paint the cells of one type.

    Parameters
    ----------
    result : CountedImage
    cell_type : {"rbc", "wbc", "plt"}

    Returns
    -------
    ndarray of uint16, shape (H, W)
        The number of each cell in ``cells.csv``; uint32 when the photograph has more than 65535 cells.

    """
    shape = result.image.shape
    labels: NDArray[np.uint16 | np.uint32] = np.zeros(
        shape, np.uint16 if len(result.cells) <= _LARGEST_16_BIT else np.uint32
    )
    numbered = [(n, cell) for n, cell in enumerate(result.cells, start=1) if cell.type == cell_type]
    for number, cell in sorted(numbered, key=lambda each: -each[1].area_px):
        box, inside = _pixels_inside(_without_edge(polygon_of(cell) - CORNER), labels.shape)
        if inside.any():
            labels[box][inside] = number
        else:
            labels[_nearest(cell.row, shape[0]), _nearest(cell.col, shape[1])] = number
    return labels


def ome_tiff_bytes(result: CountedImage, planes: Sequence[NDArray[np.uint16 | np.uint32]]) -> bytes:
    """Write the label images of all types as one OME-TIFF.

    Parameters
    ----------
    result : CountedImage
    planes : sequence of ndarray, shape (H, W)
        The label image of each type, in the order of :data:`~hemolens.cell_types.CELL_TYPES`.

    Returns
    -------
    bytes
        A channel for each type, compressed without loss, with the pixel size in µm where the user or the
        photograph's file states it. The same cells give the same bytes.

    """
    import tifffile

    from hemolens import __version__

    um_per_px = result.stated_um_per_px
    size = {"PhysicalSizeX": um_per_px, "PhysicalSizeY": um_per_px} if um_per_px else {}
    buffer = io.BytesIO()
    tifffile.imwrite(
        buffer,
        iter(planes),
        shape=(len(planes), *planes[0].shape),
        dtype=planes[0].dtype,
        ome=True,
        photometric="minisblack",
        compression="zlib",
        metadata={
            "axes": "CYX",
            "Name": result.image.name.encode("ascii", "backslashreplace").decode(),
            "Channel": {"Name": [CELL_NAMES[kind] for kind in CELL_TYPES]},
            "Creator": f"hemolens {__version__}",
            "UUID": str(uuid.uuid5(uuid.NAMESPACE_OID, result.image.sha256)),
            **size,
        },
    )
    return buffer.getvalue()


def png_16_bit_bytes(labels: NDArray[np.uint16]) -> bytes:
    """Encode a label image as grey PNG of 16 bits.

    >>> png_16_bit_bytes(np.zeros((1, 1), np.uint16))[1:4]
    b'PNG'
    """
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(labels).save(buffer, format="PNG")
    return buffer.getvalue()


def _pixels_inside(
    points: NDArray[np.float64], shape: tuple[int, ...]
) -> tuple[tuple[slice, slice], NDArray[np.bool_]]:
    """Find the pixels whose centres lie inside a polygon.

    Along each row, the edges that it crosses turn outside into inside and back again.

    Parameters
    ----------
    points : ndarray of float64, shape (N, 2)
        x and y of the vertices; the centre of the first pixel is (0, 0).
    shape : tuple of int
        Rows and columns of the picture.

    Returns
    -------
    window : tuple of slice
        The part of the picture around the polygon.
    inside : ndarray of bool
        The pixels of that part.

    """
    n_rows, n_cols = shape
    low, high = np.floor(points.min(axis=0)).astype(int), np.ceil(points.max(axis=0)).astype(int) + 1
    (left, top), (right, bottom) = np.clip([low, high], 0, (n_cols, n_rows))
    x, y = points.T
    next_x, next_y = np.roll(x, -1), np.roll(y, -1)
    rows = np.arange(top, bottom)
    row, edge = np.nonzero((y <= rows[:, None]) != (next_y <= rows[:, None]))
    crossing = x[edge] + (rows[row] - y[edge]) * (next_x[edge] - x[edge]) / (next_y[edge] - y[edge])
    first_beyond = np.clip(np.floor(crossing).astype(int) + 1 - left, 0, right - left)
    n_turns = np.zeros((bottom - top, right - left + 1), np.int32)
    np.add.at(n_turns, (row, first_beyond), 1)
    inside: NDArray[np.bool_] = np.cumsum(n_turns, axis=1)[:, :-1] % 2 == 1
    return (slice(top, bottom), slice(left, right)), inside


def _without_edge(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Draw vertices a hundredth of a pixel towards their middle, so that the edge itself is outside.

    Outlines of regions cut the corners of pixels, hence run through the centres of many that do not belong.
    """
    out = points - points.mean(axis=0)
    away: NDArray[np.float64] = out / np.maximum(np.hypot(*out.T), 1)[:, None]
    return points - 0.01 * away


def _nearest(position: float, length: int) -> int:
    return min(max(round(position), 0), length - 1)
