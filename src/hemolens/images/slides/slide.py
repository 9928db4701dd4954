"""A slide as it is counted: read in boxes, looked at reduced."""

from __future__ import annotations

import hashlib
import os
import weakref
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hemolens.errors import HemolensError, PhotographError, quoted
from hemolens.images.box import Box
from hemolens.images.formats.stored_picture import SizeLimit
from hemolens.images.image import Shape
from hemolens.images.resampling import scale_image
from hemolens.images.slides.ome_zarr import files_of_store
from hemolens.images.slides.pyramid import Pyramid

OVERVIEW_SIDE_PX = 4096
"""The overview of a slide is so long on its longer side: 17 megapixels at most."""

MAX_PIXELS = 10**12
"""Largest slide, in pixels."""

MAX_PIXELS_PER_BYTE = 1000
"""Of a large slide; one of which only a small part was scanned has some hundreds."""

_READ_BYTES = 1 << 20


class Slide:
    """A whole slide; a :class:`hemolens.images.image.SmearImage`.

    Parameters
    ----------
    path : Path
    pyramid : Pyramid
        Closed when nobody holds the slide any more.
    reopen : callable
        Opens a slide by its path.

    """

    def __init__(self, path: Path, pyramid: Pyramid, reopen: Callable[[Path], Slide]) -> None:
        self.name, self.path = path.name, path
        self.um_per_px = pyramid.um_per_px
        self.levels: Sequence[Shape] = pyramid.levels
        self._pyramid, self._reopen = pyramid, reopen
        weakref.finalize(self, pyramid.close)

    def __reduce__(self) -> tuple[Callable[[Path], Slide], tuple[Path]]:
        """Through pickle goes the path: where it arrives, the slide is opened again."""
        return self._reopen, (self.path,)

    @property
    def shape(self) -> Shape:
        """Rows and columns at full resolution."""
        return self.levels[0]

    @cached_property
    def sha256(self) -> str:
        """Of its file or files; whoever only looks at a slide of gigabytes does not wait until all of it was read.

        Raises
        ------
        PhotographError
            They can no longer be read.

        """
        try:
            return sha256_of(self.path)
        except OSError as error:
            raise PhotographError(
                "the slide can no longer be read",
                came=f"{quoted(self.path)} ({error.strerror})",
                allowed="a file that stays while it is counted",
                do="put it back, and count it again",
            ) from error

    def read(self, box: Box, level: int = 0) -> NDArray[np.uint8]:
        """Read the pixels of a box from the file.

        Raises
        ------
        PhotographError
            What is stored there is damaged.

        """
        try:
            return self._pyramid.read(box, level)
        except HemolensError:
            raise
        except Exception as error:  # decoders raise nearly anything at damaged tiles
            reason = quoted(str(error)[:200] or type(error).__name__)[1:-1]
            place = f"x {box.col0} to {box.col1}, y {box.row0} to {box.row1} of level {level}"
            raise PhotographError(
                "a part of the slide cannot be read",
                came=f"{quoted(self.path)} at {place} ({reason})",
                allowed="a complete file",
                do="copy or export the slide again",
            ) from error

    def overview(self) -> NDArray[np.uint8]:
        """Give all of the slide, reduced to :data:`OVERVIEW_SIDE_PX`; read once and kept."""
        return self._overview

    @cached_property
    def _overview(self) -> NDArray[np.uint8]:
        longest = max(self.shape)
        scaled = scale_image(self, longest, min(longest, OVERVIEW_SIDE_PX))
        return scaled.read(scaled.whole)


def check_size(slide: Slide) -> None:
    """Refuse a slide that is larger than its files can hold.

    Raises
    ------
    PhotographError

    """
    n_bytes = sum(each.stat().st_size for each in _files(slide.path))
    try:
        SizeLimit(MAX_PIXELS, n_bytes, MAX_PIXELS_PER_BYTE).check(slide.shape[1], slide.shape[0])
    except PhotographError as error:
        came = f"{quoted(slide.path)} ({error.came})"
        raise PhotographError(error.what, came=came, allowed=error.allowed, do=error.do) from error


def sha256_of(path: Path) -> str:
    """Hash a slide, piece by piece: its file, and those in the folder of its name that some formats have beside it.

    Of a slide that is a folder, each file's name in it goes before the file: a chunk is nothing without its place.
    """
    digest = hashlib.sha256()
    for each in _files(path):
        if path.is_dir():
            digest.update(os.fsencode(each.relative_to(path).as_posix()) + b"\0")
        with each.open("rb") as file:
            while piece := file.read(_READ_BYTES):
                digest.update(piece)
    return digest.hexdigest()


def _files(path: Path) -> Iterable[Path]:
    if path.is_dir():
        yield from files_of_store(path)
        return
    yield path
    yield from sorted(each for each in path.with_suffix("").glob("*") if each.is_file() and path.suffix == ".mrxs")
