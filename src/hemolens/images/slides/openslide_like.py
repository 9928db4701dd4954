"""Slides read with tiffslide (SVS, NDPI, SCN, BIF, pyramidal TIFF and OME-TIFF) or OpenSlide (MRXS and others).

Both are called alike; tiffslide has a BSD licence, OpenSlide the LGPL, so that it is never installed unasked.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hemolens.errors import PhotographError, quoted
from hemolens.images.box import Box
from hemolens.images.formats.pixel_size import plausible_um_per_px
from hemolens.images.image import Shape
from hemolens.images.slides.pyramid import over_white

_CLASSES = {"tiffslide": "TiffSlide", "openslide": "OpenSlide"}

MAX_PAGES = 1000
"""Most pages of a slide's file: levels, labels, thumbnails."""


class OpenSlideLike:
    """One opened slide.

    Parameters
    ----------
    path : Path
    library : {"tiffslide", "openslide"}

    Raises
    ------
    PhotographError
        The pixels are not RGB of 8 bits, or the file lacks some of its tiles.

    """

    def __init__(self, path: Path, library: str) -> None:
        with ExitStack() as opened:
            # Of a name, tiffslide would take "::" and what is before it for an address: it gets the opened file.
            source = opened.enter_context(path.open("rb")) if library == "tiffslide" else str(path)
            self._slide: Any = getattr(importlib.import_module(library), _CLASSES[library])(source)
            opened.callback(self._slide.close)
            if library == "tiffslide":
                _check_parts(path, self._slide.ts_tifffile)
            self._as_array = {"as_array": True} if library == "tiffslide" else {}
            self.levels: Sequence[Shape] = [(height, width) for width, height in self._slide.level_dimensions]
            self.um_per_px = _um_per_px(self._slide.properties, library)
            stored = self._stored(Box(0, 0, 1, 1), 0)
            if stored.dtype != np.uint8 or stored.shape[2:] not in {(3,), (4,)}:
                raise PhotographError(
                    "this kind of slide is not supported",
                    came=f"{quoted(path)} with {stored.shape[2]} channels of {stored.dtype}",
                    allowed="slides of 8-bit RGB",
                    do="export it as an 8-bit RGB TIFF",
                )
            self._opened = opened.pop_all()

    def read(self, box: Box, level: int) -> NDArray[np.uint8]:
        """Give the pixels of a box inside a level; what was not scanned is white."""
        stored = self._stored(box, level)
        return np.ascontiguousarray(stored) if stored.shape[2] == 3 else over_white(stored)

    def close(self) -> None:
        """Let go of the file."""
        self._opened.close()

    def _stored(self, box: Box, level: int) -> NDArray[Any]:
        # Both want the corner in pixels of the full resolution, and round it down to the pixels of the level.
        reduction = self._slide.level_downsamples[level]
        corner = math.ceil(box.col0 * reduction), math.ceil(box.row0 * reduction)
        size = (box.col1 - box.col0, box.row1 - box.row0)
        return np.asarray(self._slide.read_region(corner, level, size, **self._as_array))


def _check_parts(path: Path, tiff: Any) -> None:
    """Refuse a TIFF that lacks tiles of those that its size asks for: tiffslide believes every size."""
    pages = list(islice(tiff.pages, MAX_PAGES + 1))
    if len(pages) > MAX_PAGES:
        raise _damaged(path, f"more than {MAX_PAGES} pages", f"at most {MAX_PAGES}")
    levels = [level for page in pages if page.pages for level in islice(page.pages, MAX_PAGES)]
    for page in [*pages, *levels]:
        n_tiles = math.prod(page.chunked)
        if page.is_tiled and len(page.dataoffsets) < n_tiles:
            size = f"{page.imagewidth} × {page.imagelength} px"
            raise _damaged(path, f"{len(page.dataoffsets)} tiles in an image of {size}", f"{n_tiles} tiles")


def _damaged(path: Path, came: str, allowed: str) -> PhotographError:
    what, do = "the slide is damaged or cut short", "copy or export the slide again"
    return PhotographError(what, came=f"{quoted(path)} with {came}", allowed=allowed, do=do)


def _um_per_px(properties: Any, library: str) -> float | None:
    """µm per pixel as the file states it, where that can be believed."""
    try:
        x, y = (float(properties[f"{library}.mpp-{axis}"]) for axis in "xy")
    except (KeyError, TypeError, ValueError):
        return None
    return plausible_um_per_px(x, y)
