"""The registry of file formats: first bytes, and the reader for what follows.

A reader takes the bytes of a file and a :class:`~hemolens.images.formats.stored_picture.SizeLimit`, and returns a
:class:`~hemolens.images.formats.stored_picture.StoredPicture`.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from hemolens.errors import PhotographError
from hemolens.images.formats.pillow_formats import read_bmp, read_jpeg, read_png, read_webp
from hemolens.images.formats.stored_picture import SizeLimit, StoredPicture, damaged, too_large
from hemolens.images.formats.tiff import read_tiff

READERS: dict[str, Callable[[bytes, SizeLimit], StoredPicture]] = {
    "JPEG": read_jpeg,
    "PNG": read_png,
    "TIFF": read_tiff,
    "BMP": read_bmp,
    "WebP": read_webp,
}

ALLOWED = f"a {', '.join([*READERS][:-1])} or {[*READERS][-1]} file"
"""The formats, for error messages."""

SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".tif", ".tiff", ".bmp", ".webp"})
"""What a photograph's file name ends with, in lower case, when a folder or a pattern is searched."""

_MARKS = (
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"II+\0", "TIFF"),
    (0, b"MM\0+", "TIFF"),
    (0, b"BM", "BMP"),
    (8, b"WEBP", "WebP"),
    (0, b"GIF8", "a GIF image"),
    (0, b"%PDF", "a PDF document"),
    (0, b"ZISRAWFILE", "a Zeiss CZI file"),
    (4, b"ftyp", "a HEIC, AVIF or video file"),
    (128, b"DICM", "a DICOM file"),
)
"""Where in a file which bytes stand, and what they mean; known formats first, then what is often tried."""


def format_of(data: bytes) -> str:
    r"""Name the format of a file by its first bytes: one of :data:`READERS`.

    Raises
    ------
    PhotographError
        For any other file; well-known kinds are called by their name.

    Examples
    --------
    >>> format_of(b"II*\0...")
    'TIFF'

    """
    found = next((name for at, mark, name in _MARKS if data.startswith(mark, at)), "not an image")
    if found not in READERS:
        what, do = "not a file format that hemolens reads", "save or export it as PNG or TIFF"
        raise PhotographError(what, came=found, allowed=ALLOWED, do=do)
    return found


def read_stored(data: bytes, max_pixels: int, max_pixels_per_byte: int | None = None) -> StoredPicture:
    """Read the picture out of a file's bytes, if it is no larger than that.

    Raises
    ------
    PhotographError
        Whatever is wrong: libraries raise nearly anything at damaged files.

    """
    reader = READERS[format_of(data)]
    try:
        with quietly():
            return reader(data, SizeLimit(max_pixels, len(data), max_pixels_per_byte))
    except PhotographError:
        raise
    except Exception as error:
        reason = str(error)[:200] or type(error).__name__
        if type(error).__name__ == "DecompressionBombError":  # Pillow's own limit, where it cannot be passed by
            raise too_large(reason, "fewer pixels in a compressed TIFF") from error
        if isinstance(error, MemoryError):
            raise too_large(reason, "what fits into this computer's memory") from error
        raise damaged(reason) from error


@contextmanager
def quietly() -> Iterator[None]:
    """Keep the libraries' warnings and log lines from the user: what matters is raised."""
    with warnings.catch_warnings(), ExitStack() as afterwards:
        warnings.simplefilter("ignore")
        for name in ("tifffile", "PIL.TiffImagePlugin", "PIL.PngImagePlugin"):
            logging.getLogger(name).addFilter(_drop)
            afterwards.callback(logging.getLogger(name).removeFilter, _drop)
        yield


def _drop(record: logging.LogRecord) -> bool:
    return False
