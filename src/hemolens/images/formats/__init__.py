"""The registry of file formats: first bytes, and the reader for what follows.

A reader takes the bytes of a file, a :class:`~hemolens.images.formats.stored_picture.SizeLimit` and the number of a
plane or None, and returns a :class:`~hemolens.images.formats.stored_picture.StoredPicture`.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from hemolens.errors import PhotographError
from hemolens.images.formats import heic
from hemolens.images.formats.foreign_formats import KNOWN_BUT_NOT_READ, MARKS, NotRead
from hemolens.images.formats.pillow_formats import read_bmp, read_jpeg, read_png, read_webp, stored_by_pillow
from hemolens.images.formats.stored_picture import SizeLimit, StoredPicture, damaged, too_large
from hemolens.images.formats.tiff import read_tiff

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "ALLOWED",
    "KNOWN_BUT_NOT_READ",
    "READERS",
    "SUFFIXES",
    "format_of",
    "not_read",
    "quietly",
    "read_stored",
    "stored_from_pillow",
]

READERS: dict[str, Callable[[bytes, SizeLimit, int | None], StoredPicture]] = {
    "JPEG": read_jpeg,
    "PNG": read_png,
    "TIFF": read_tiff,
    "BMP": read_bmp,
    "WebP": read_webp,
    "HEIC": heic.read_heic,
}

ALLOWED = f"a {', '.join([*READERS][:-1])} or {[*READERS][-1]} file"
"""The formats, for error messages."""

SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".tif", ".tiff", ".bmp", ".webp"}) | (
    heic.SUFFIXES if heic.can_read_heic() else frozenset()
)
"""What a photograph's file name ends with, in lower case, when a folder or a pattern is searched."""

_NO_IMAGE = NotRead("not an image", "save or export it as PNG or TIFF")

_MARKS = (
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"II+\0", "TIFF"),
    (0, b"MM\0+", "TIFF"),
    (0, b"BM", "BMP"),
    (8, b"WEBP", "WebP"),
    *((4, b"ftyp" + brand, "HEIC") for brand in heic.BRANDS),
)
"""Where in a file which bytes stand, and what they mean."""


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
    for at, mark, name in _MARKS:
        if data.startswith(mark, at):
            return name
    raise not_read(next((found for at, mark, found in MARKS if data.startswith(mark, at)), _NO_IMAGE))


def not_read(found: NotRead) -> PhotographError:
    """Error for a file of another format."""
    return PhotographError("not a file format that hemolens reads", came=found.name, allowed=ALLOWED, do=found.do)


def read_stored(
    data: bytes, max_pixels: int, max_pixels_per_byte: int | None = None, plane: int | None = None
) -> StoredPicture:
    """Read the picture out of a file's bytes, if it is no larger than that; of a stack, the plane 1 … N.

    Raises
    ------
    PhotographError
        Whatever is wrong: libraries raise nearly anything at damaged files.

    """
    reader = READERS[format_of(data)]
    with _in_words():
        return reader(data, SizeLimit(max_pixels, len(data), max_pixels_per_byte), plane)


def stored_from_pillow(image: Image) -> StoredPicture:
    """Take the picture out of an image of Pillow.

    Raises
    ------
    PhotographError
        Its pixels are of a kind that is not read, or its file is damaged.

    """
    with _in_words():
        return stored_by_pillow(image)


@contextmanager
def _in_words() -> Iterator[None]:
    """Make what libraries raise a :class:`PhotographError`, and keep what they print."""
    try:
        with quietly():
            yield
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
        for name in ("tifffile", "PIL.TiffImagePlugin", "PIL.PngImagePlugin", "roifile"):
            logging.getLogger(name).addFilter(_drop)
            afterwards.callback(logging.getLogger(name).removeFilter, _drop)
        yield


def _drop(record: logging.LogRecord) -> bool:
    return False
