"""Whole slides: pictures too large for the memory, read where and as large as they are needed.

The contract of a reader: a class with ``levels``, ``um_per_px``, ``read(box, level)`` and ``close()``
(:class:`.pyramid.Pyramid`), made from a path. What a file is, is known by its suffix; a TIFF is a slide when it is
tiled and has more than :data:`LARGEST_WHOLE_PX` pixels. An OME-Zarr is a folder. The libraries come with
``hemolens[slides]``; photographs need none of them.

=====================  ========================================================
:mod:`.slide`          what is counted: a file, its reader and its overview
:mod:`.pyramid`        the contract of a reader
:mod:`.openslide_like` tiffslide and OpenSlide, which are called alike
:mod:`.ome_zarr`       OME-Zarr, which we read ourselves
=====================  ========================================================
"""

from __future__ import annotations

import importlib.util
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from hemolens.errors import HemolensError, PhotographError, quoted
from hemolens.images.formats import quietly
from hemolens.images.image import SmearImage
from hemolens.images.photograph import read_photograph
from hemolens.images.zarr_store import SUFFIX as ZARR_SUFFIX

if TYPE_CHECKING:
    from hemolens.images.slides.pyramid import Pyramid
    from hemolens.images.slides.slide import Slide

LARGEST_WHOLE_PX = 50_000_000
"""A tiled TIFF of no more pixels is a photograph: it is read whole."""

TIFF_SUFFIXES = frozenset({".tif", ".tiff", ".btf", ".tf8"})

LIBRARIES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys((".svs", ".ndpi", ".scn", ".bif", *sorted(TIFF_SUFFIXES)), ("tiffslide", "openslide")),
    **dict.fromkeys((".mrxs", ".svslide", ".vms", ".vmu"), ("openslide",)),
    ZARR_SUFFIX: ("numcodecs",),
}
"""Suffix → libraries that read it; the first that is installed does."""

SUFFIXES = frozenset(LIBRARIES) - TIFF_SUFFIXES
"""What a slide's name ends with, in lower case; a TIFF may be a slide, too."""

INSTALL = {
    "tiffslide": "pip install 'hemolens[slides]'",
    "numcodecs": "pip install 'hemolens[slides]'",
    "openslide": "pip install openslide-python openslide-bin",
}


def open_image(path: str | os.PathLike[str], plane: int | None = None) -> SmearImage:
    """Open what is to be counted: a slide, or a photograph, which is read whole.

    Parameters
    ----------
    path : str or path-like
    plane : int or None
        Which plane of a photograph's stack, 1 … N; not needed where there is one. A slide has one.

    Returns
    -------
    SmearImage

    Raises
    ------
    PhotographError
        The file cannot be read, it has no such plane, or the library that reads it is not installed.

    """
    if not is_slide(path):
        return read_photograph(path, plane=plane)
    if plane not in (None, 1):
        raise _bad_slide("the slide has no such plane", f"{quoted(path)} and plane {plane}", "1", "choose no plane")
    return open_slide(path)


def is_slide(path: str | os.PathLike[str]) -> bool:
    """Whether a file is read in parts; one that is missing or damaged is not, nor is a pipe or a device.

    >>> is_slide("a.svs"), is_slide("a.jpg")
    (True, False)
    """
    path = Path(path)
    if _is_special(path):
        return False
    if path.suffix.lower() in TIFF_SUFFIXES:
        return _is_large_tiled(path)
    return path.suffix.lower() in SUFFIXES


def _is_special(path: Path) -> bool:
    """Whether this is a pipe, a socket or a device: opening one may wait for ever."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):  # reading it says why
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _is_large_tiled(path: Path) -> bool:
    import tifffile

    try:
        with quietly(), tifffile.TiffFile(path) as tiff:
            page = tiff.pages.first
            return bool(page.is_tiled) and page.imagewidth * page.imagelength > LARGEST_WHOLE_PX
    except Exception:  # libraries raise nearly anything at damaged files; reading it as a photograph says what is wrong
        return False


def open_slide(path: str | os.PathLike[str]) -> Slide:
    """Open a slide.

    Parameters
    ----------
    path : str or path-like
        Of a kind in :data:`LIBRARIES`.

    Returns
    -------
    Slide

    Raises
    ------
    PhotographError
        The slide is missing, damaged or not 8-bit RGB, or the library that reads it is not installed.

    """
    from hemolens.images.slides.slide import Slide, check_size

    path = Path(path)
    is_zarr = path.suffix.lower() == ZARR_SUFFIX
    if not (path.is_dir() if is_zarr else path.is_file()):
        allowed = "a folder" if is_zarr else "a file"
        raise _bad_slide("there is no such slide", quoted(path), allowed, "check the name and the folder")
    library = _library_for(path)
    try:
        with quietly():
            slide = Slide(path, _pyramid_of(path, library), open_slide)
            check_size(slide)
            return slide
    except HemolensError:
        raise
    except Exception as error:
        came = f"{quoted(path)} ({quoted(str(error)[:200] or type(error).__name__)[1:-1]})"
        do = "copy or export the slide again"
        raise _bad_slide(f"the slide cannot be read with {library}", came, "a complete file", do) from error


def _pyramid_of(path: Path, library: str) -> Pyramid:
    if path.suffix.lower() == ZARR_SUFFIX:
        from hemolens.images.slides.ome_zarr import OmeZarrPyramid

        return OmeZarrPyramid(path)
    from hemolens.images.slides.openslide_like import OpenSlideLike

    return OpenSlideLike(path, library)


def _library_for(path: Path) -> str:
    libraries = LIBRARIES[path.suffix.lower()]
    for name in libraries:
        if importlib.util.find_spec(name) is not None:
            return name
    came, allowed = f"{quoted(path)} and no {libraries[0]}", f"an installation with {libraries[0]}"
    raise _bad_slide(
        "reading a whole slide needs a library that is not installed", came, allowed, INSTALL[libraries[0]]
    )


def _bad_slide(what: str, came: str, allowed: str, do: str) -> PhotographError:
    return PhotographError(what, came=came, allowed=allowed, do=do)
