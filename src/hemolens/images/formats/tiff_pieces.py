"""TIFF whose tiles or strips are pictures of another format, JPEG 2000 or WebP: read with Pillow, piece by piece."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from hemolens.images.formats.pillow_formats import ORIENTATION, stored_by_pillow
from hemolens.images.formats.stored_picture import StoredPicture, damaged, unsupported_compression

JPEG_2000 = frozenset({33005, 34712})
WEBP = frozenset({34927, 50001})

_MINISWHITE, _MINISBLACK, _RGB = 0, 1, 2
_MODES = {(_MINISWHITE, 1): "L", (_MINISBLACK, 1): "L", (_RGB, 3): "RGB", (_RGB, 4): "RGBA"}


def stored_in_pieces(data: bytes, page: Any, compression: str) -> StoredPicture:
    """Read a page whose compression is one of :data:`JPEG_2000` or :data:`WEBP`.

    Parameters
    ----------
    data : bytes
        The file.
    page : tifffile.TiffPage
        All of its tiles or strips lie in the file, and its size is within limits.
    compression : str
        What it is called in errors.

    Raises
    ------
    PhotographError
        A piece has another size or other channels than it must have, or the pixels are not grey or RGB of 8 bits.

    """
    mode, n_channels = _MODES.get((page.photometric, page.samplesperpixel)), page.samplesperpixel
    is_apart = n_channels > 1 and page.planarconfig != 1
    if mode is None or page.bitspersample != 8 or is_apart:
        raise unsupported_compression(f"{compression} of {n_channels} channels of {page.bitspersample} bits")
    height, width = page.imagelength, page.imagewidth
    high, wide = (page.tilelength, page.tilewidth) if page.is_tiled else (min(page.rowsperstrip, height), width)
    samples = np.zeros((height, width, n_channels), np.uint8)
    corners = [(row, col) for row in range(0, height, high) for col in range(0, width, wide)]
    for (row, col), offset, n_bytes in zip(corners, page.dataoffsets, page.databytecounts, strict=False):
        part = samples[row : row + high, col : col + wide]
        piece = _opened(data[offset : offset + n_bytes], page.compression)
        if not (part.shape[0] <= piece.height <= high and part.shape[1] <= piece.width <= wide):
            raise damaged(f"a piece of {piece.width} × {piece.height} pixels")
        stored = stored_by_pillow(piece).samples
        if stored.shape[2] != n_channels or stored.dtype != np.uint8:
            raise damaged(f"a piece of {stored.shape[2]} channels")
        part[:] = stored[: part.shape[0], : part.shape[1]]
    orientation = int(page.tags.valueof(ORIENTATION, default=1))
    return StoredPicture(samples, mode, white_is_zero=page.photometric == _MINISWHITE, orientation=orientation)


def _opened(piece: bytes, compression: int) -> Any:
    from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile
    from PIL.WebPImagePlugin import WebPImageFile

    return (Jpeg2KImageFile if compression in JPEG_2000 else WebPImageFile)(io.BytesIO(piece))
