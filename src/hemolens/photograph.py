"""A file or an array becomes a photograph: upright sRGB pixels, 8 bits a channel.

What is decided here, so that nobody has to guess:

- **Formats**: JPEG, PNG, TIFF (BigTIFF too), BMP and WebP, known by their first bytes, not by their
  suffix. GIF is refused: 256 colours are too few to tell cells apart.
- **One file is one photograph.** Thumbnails, masks and smaller pyramid levels of a TIFF, and the extra
  pictures behind a phone's JPEG, are passed over. A stack (several pages of like size, an animation) is
  refused: counting only its first picture would drop the others without a word. Three grey pages
  that OME or ImageJ metadata call channels are one colour photograph.
- **Sixteen bits**: cameras of 10, 12 or 14 bits store small numbers in 16-bit files. Unless the
  file states its depth, it is the smallest of 8, 10, 12, 14 and 16 bits that holds the largest value.
- **Floats** run from 0 (black) to 1 (white).
- **Transparency** is laid over white; a picture that is transparent everywhere is read as opaque.
- **Colour profiles** are converted to sRGB; one that is damaged or does not fit is ignored.
- **CMYK JPEG** files are taken as inverted (Adobe's habit), as browsers take them; CMYK TIFF files are not.
- **Scale**: µm per pixel comes from OME, ImageJ or TIFF resolution, and only where it is plausible for
  a microscope.
"""

from __future__ import annotations

import glob
import hashlib
import io
import logging
import math
import os
import re
import stat
import struct
import sys
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from hemolens.errors import PhotographError

if TYPE_CHECKING:
    from PIL import Image, ImageFile

MAX_PIXELS = 400_000_000
"""Largest photograph, in pixels; looked up in the file's header, before anything is decoded."""

MAX_BYTES = 8 * MAX_PIXELS
"""Largest file, in bytes: four uncompressed channels of 16 bits at :data:`MAX_PIXELS`."""

SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".tif", ".tiff", ".bmp", ".webp"})
"""What a photograph's file name ends with, in lower case, when a folder or a pattern is searched."""

PLAUSIBLE_UM_PER_PX = (0.01, 2.0)
"""Scales outside this range do not come from a microscope that shows blood cells."""

_FORMATS = "a JPEG, PNG, TIFF, BMP or WebP file"
_DEPTHS = (8, 10, 12, 14, 16)
_ORIENTATION, _ICC_PROFILE, _DNG_VERSION = 274, 34675, 50706
_MINISWHITE, _MINISBLACK, _RGB, _CMYK = 0, 1, 2, 5
_RAW_CAMERA = (32803, 34892)
_UNCOMPRESSED, _DEFLATE = 1, (8, 32946)

_Model = Literal["grey", "rgb", "cmyk"]


@dataclass(frozen=True, eq=False)
class Photograph:
    """One photograph, upright and in sRGB.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        Red, green, blue; C-contiguous.
    name : str
        File name, or ``"array"``.
    path : Path or None
        Where it was read from; None for an array.
    sha256 : str
        Of the file's bytes, or of the array's bytes in C order.
    um_per_px : float or None
        µm per pixel, from trustworthy metadata only; None when unknown.

    """

    pixels: NDArray[np.uint8]
    name: str
    path: Path | None
    sha256: str
    um_per_px: float | None = None


@dataclass(frozen=True, slots=True)
class FoundPhotograph:
    """One photograph to count, or the reason why an argument led to none.

    Attributes
    ----------
    argument : str
        What the user wrote.
    found : Path or PhotographError
        The file to read (it may be missing: reading it says so), or the error to report.

    """

    argument: str
    found: Path | PhotographError


@dataclass(frozen=True, eq=False)
class _Decoded:
    """What a decoder hands over: colour as stored, and what is still to be done to it."""

    values: NDArray[Any]  # (H, W) or (H, W, C), without alpha; unsigned integers or floats in 0 … 1
    model: _Model
    alpha: NDArray[Any] | None = None
    n_bits: int | None = None
    inverted: bool = False
    profile: bytes | None = None
    orientation: int = 1
    um_per_px: float | None = None


@dataclass(frozen=True)
class _TiffNotes:
    """What the metadata of a TIFF say beyond its pages."""

    um_per_px: float | None = None
    n_bits: int | None = None
    n_channels: int = 1
    n_stacked: int = 1


# --------------------------------------------------------------------------- finding


def find_photographs(arguments: Sequence[str | Path]) -> list[FoundPhotograph]:
    """Find the photographs that a user's arguments mean.

    Parameters
    ----------
    arguments : sequence of str or Path
        Each a file, a folder (its direct children with a known suffix, hidden files left out) or a glob
        pattern (matching files with a known suffix; tried only where nothing has that literal name).

    Returns
    -------
    list of FoundPhotograph
        In the order of the arguments, within a folder or a pattern in natural order (Im2 before Im10).
        The same real file is given once. Nothing is dropped silently: a missing file stays in the list, and a
        folder or a pattern without photographs gives one entry with its error.

    Examples
    --------
    >>> [str(item.found) for item in find_photographs(["missing.jpg", "missing.jpg"])]
    ['missing.jpg']

    """
    found: list[FoundPhotograph] = []
    seen: set[str] = set()
    for argument in map(str, arguments):
        for item in _find(argument):
            identity = str(item) if isinstance(item, PhotographError) else _identity(item)
            if identity not in seen:
                seen.add(identity)
                found.append(FoundPhotograph(argument, item))
    return found


def _find(argument: str) -> Sequence[Path | PhotographError]:
    if not argument.strip():
        return [_nothing("the name of a photograph is empty", _shown(argument), "leave the empty argument out")]
    path = Path(argument)
    try:
        is_folder = stat.S_ISDIR(path.stat().st_mode)
    except (OSError, ValueError):
        # lstat: a broken link exists, and is to fail by its name rather than as a pattern
        is_pattern = any(sign in argument for sign in "*?[") and not os.path.lexists(argument)
        return _matches(argument) if is_pattern and "\0" not in argument else [path]
    return _children(path) if is_folder else [path]


def _children(folder: Path) -> Sequence[Path | PhotographError]:
    try:
        paths = [child for child in folder.iterdir() if _looks_like_photograph(child)]
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return [_nothing("the folder cannot be read", f"{_shown(folder)} ({reason})", "check its permissions")]
    if not paths:
        do = "name another folder; folders inside a folder are not searched"
        return [_nothing("the folder holds no photograph", _shown(folder), do)]
    return sorted(paths, key=_natural_order)


def _matches(pattern: str) -> Sequence[Path | PhotographError]:
    found = map(Path, glob.glob(pattern, recursive=True))  # noqa: PTH207 - takes absolute patterns as well
    paths = [path for path in found if _looks_like_photograph(path)]
    if not paths:
        return [_nothing("no photograph has such a name", _shown(pattern), "check the name or the pattern")]
    return sorted(paths, key=_natural_order)


def _nothing(what: str, came: str, do: str) -> PhotographError:
    allowed = f"a folder, a pattern or a name that leads to {_FORMATS}"
    return PhotographError(what, came=came, allowed=allowed, do=do)


def _looks_like_photograph(path: Path) -> bool:
    hidden = path.name.startswith(".")  # also the "._" companions that macOS leaves on foreign disks
    return not hidden and path.suffix.lower() in SUFFIXES and not path.is_dir()


def _natural_order(path: Path) -> tuple[list[list[str | int]], str]:
    """Sort key in which numbers count as numbers: Im2 before Im10."""
    parts = [re.split(r"(\d+)", part) for part in path.parts]
    # split() alternates text and digits, so that like is always compared with like
    keys = [[int(p) if i % 2 else p.casefold() for i, p in enumerate(part)] for part in parts]
    return keys, str(path)


def _identity(path: Path) -> str:
    try:
        return os.path.normcase(os.path.realpath(path))
    except (OSError, ValueError):
        return str(path)


def _shown(text: object) -> str:
    """Quote a name for a one-line message; control characters become escapes."""
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in str(text))
    return f"'{safe}'"


# --------------------------------------------------------------------------- arrays


def photograph_from_array(array: NDArray[Any], name: str = "array") -> Photograph:
    """Take an array as a photograph.

    Parameters
    ----------
    array : ndarray, shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4)
        Grey, RGB, or RGB with alpha; uint8, uint16, bool, or float in 0 … 1.
    name : str
        What to call it in tables.

    Returns
    -------
    Photograph
        With pixels of its own: later changes to `array` do not reach it.

    Raises
    ------
    PhotographError
        For another shape or type, an array without pixels, and floats that are not numbers or leave 0 … 1.

    Examples
    --------
    >>> photograph_from_array(np.array([[0.0, 1.0]])).pixels.tolist()
    [[[0, 0, 0], [255, 255, 255]]]

    """
    if not isinstance(array, np.ndarray):
        raise _bad_array("a photograph in memory must be a numpy array", f"a {type(array).__name__}")
    came = f"shape {array.shape} of {array.dtype}"
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise _bad_array("the array does not have the shape of a photograph", came)
    if array.size == 0:
        raise _bad_array("the array has no pixels", came)
    if array.dtype.kind not in "bf" and array.dtype.newbyteorder("=") not in (np.uint8, np.uint16):
        raise _bad_array("the array does not have a type that photographs have", came)
    samples = array if array.ndim == 3 else array[..., np.newaxis]
    n_colours = 1 if samples.shape[2] == 1 else 3
    pixels = _finished(
        _Decoded(
            samples[..., 0] if n_colours == 1 else samples[..., :3],
            "grey" if n_colours == 1 else "rgb",
            alpha=samples[..., 3] if samples.shape[2] == 4 else None,
        )
    )
    sha256 = hashlib.sha256(array.tobytes()).hexdigest()
    own = pixels.copy() if np.may_share_memory(pixels, array) else pixels
    return Photograph(own, name, None, sha256)


def _bad_array(what: str, came: str) -> PhotographError:
    allowed = "(H, W), (H, W, 1), (H, W, 3) or (H, W, 4) of uint8, uint16, bool or float in 0 … 1"
    return PhotographError(what, came=came, allowed=allowed, do="convert the array first")


# --------------------------------------------------------------------------- files


def read_photograph(path: str | os.PathLike[str]) -> Photograph:
    """Read a photograph from a file.

    Parameters
    ----------
    path : str or path-like
        A JPEG, PNG, TIFF, BMP or WebP file of at most :data:`MAX_PIXELS`.

    Returns
    -------
    Photograph

    Raises
    ------
    PhotographError
        When the file is missing, a folder, empty, unreadable, cut short, not a photograph of these
        formats, too large, or several photographs in one.

    """
    path = Path(path)
    data = _bytes_of(path)
    file_format = _format_of(data, path)
    with _reported(path, file_format), _quietly():
        decoded = _READERS[file_format](data)
        pixels = _finished(decoded)
    return Photograph(pixels, path.name, path, hashlib.sha256(data).hexdigest(), decoded.um_per_px)


def _bytes_of(path: Path) -> bytes:
    shown = _shown(path)
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise PhotographError(
                "a folder is not a photograph", came=shown, allowed=_FORMATS, do="name a file inside it"
            )
        if not stat.S_ISREG(status.st_mode):
            do = "save the photograph as a file"
            raise PhotographError("not an ordinary file", came=shown, allowed=_FORMATS, do=do)
        if status.st_size > MAX_BYTES:
            raise _too_large(f"{shown} of {status.st_size} bytes", f"at most {MAX_BYTES} bytes")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES)
    except PermissionError as error:
        raise PhotographError(
            "the photograph may not be opened",
            came=shown,
            allowed="a file you may read",
            do="change its permissions",
        ) from error
    except (
        FileNotFoundError,
        NotADirectoryError,
        ValueError,
    ) as error:  # ValueError: a null byte in the name
        do = "check the name and the folder"
        raise PhotographError("there is no such photograph", came=shown, allowed="an existing file", do=do) from error
    except OSError as error:
        came = f"{shown} ({error.strerror or type(error).__name__})"
        do = "check the disk, or copy the file elsewhere"
        raise PhotographError("the file cannot be read", came=came, allowed="a readable file", do=do) from error
    if not data:
        do = "copy or export the photograph again"
        raise PhotographError("the file is empty", came=f"{shown} of 0 bytes", allowed=_FORMATS, do=do)
    return data


_STARTS = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    b"BM": "BMP",
}
_FOREIGN = {
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"ZISRAWFILE": "a Zeiss CZI file",
    b"\0\0\0\x0cjP  ": "a JPEG 2000 picture",
    b"\xff\x4f\xff\x51": "a JPEG 2000 picture",
}


def _format_of(data: bytes, path: Path) -> str:
    for start, file_format in _STARTS.items():
        if data.startswith(start):
            return file_format
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WebP"
    foreign = next((name for start, name in _FOREIGN.items() if data.startswith(start)), "not an image")
    if data[4:8] == b"ftyp":
        foreign = "a HEIC, AVIF or video file"
    elif data[128:132] == b"DICM":
        foreign = "a DICOM file"
    do = "save or export it as PNG or TIFF"
    came = f"{_shown(path)} ({foreign})"
    raise PhotographError("not a photograph that hemolens reads", came=came, allowed=_FORMATS, do=do)


class _CutShortError(Exception):
    """The file ends before its picture does."""


class _TooManyError(Exception):
    """The file holds more than one photograph."""


class _UnsupportedError(Exception):
    """The file is sound, but of a kind that is not read."""


class _BombError(Exception):
    """The picture has more pixels than may be decoded."""


@contextmanager
def _reported(path: Path, file_format: str) -> Iterator[None]:
    """Turn whatever a decoder raises into one PhotographError: damaged files raise nearly anything."""
    shown = f"{_shown(path)} ({file_format}"
    try:
        yield
    except PhotographError as error:
        came = f"{shown}, {error.came})"
        raise PhotographError(error.what, came=came, allowed=error.allowed, do=error.do) from error
    except _BombError as error:
        raise _too_large(f"{shown}, {error})", f"at most {MAX_PIXELS} pixels") from error
    except _TooManyError as error:
        raise PhotographError(
            "the file holds more than one photograph",
            came=f"{shown}, {error})",
            allowed="one photograph in a file",
            do="save each of them as a file of its own",
        ) from error
    except _UnsupportedError as error:
        do = "export it as an 8-bit PNG or TIFF"
        allowed = "grey, RGB, palette or CMYK pictures of 8 or 16 bits, or of floats in 0 … 1"
        what = "this kind of picture is not read"
        raise PhotographError(what, came=f"{shown}, {error})", allowed=allowed, do=do) from error
    except MemoryError as error:
        raise _too_large(f"{shown})", "a photograph that fits into this computer's memory") from error
    except Exception as error:
        if type(error).__name__ == "DecompressionBombError":  # Pillow's own limit, where it cannot be passed by
            raise _too_large(f"{shown}, {_plain(error)})", "fewer pixels in a compressed TIFF or WebP") from error
        what = "the photograph is damaged or cut short"
        came = f"{shown}: {_plain(error)})"
        do = "copy or export the photograph again"
        raise PhotographError(what, came=came, allowed="a complete file", do=do) from error


def _plain(error: Exception) -> str:
    return _shown(str(error)[:200])[1:-1] or type(error).__name__


def _too_large(came: str, allowed: str) -> PhotographError:
    do = "crop it, or save it at a lower resolution"
    return PhotographError("the photograph is too large", came=came, allowed=allowed, do=do)


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep the decoders' warnings and log lines from the user: what matters is raised."""
    loggers = [logging.getLogger(name) for name in ("tifffile", "PIL.TiffImagePlugin", "PIL.PngImagePlugin")]
    for logger in loggers:
        logger.addFilter(_drop)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger in loggers:
            logger.removeFilter(_drop)


def _drop(record: logging.LogRecord) -> bool:
    return False


def _check_size(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise _CutShortError(f"{width} × {height} pixels")
    if width * height > MAX_PIXELS:
        raise _BombError(f"{width} × {height} pixels")


# --------------------------------------------------------------------------- JPEG, BMP, WebP


def _read_jpeg(data: bytes) -> _Decoded:
    from PIL.JpegImagePlugin import JpegImageFile

    # the plain JPEG reader also takes the first picture of a phone's multi-picture file
    image = JpegImageFile(io.BytesIO(data))
    _check_size(*image.size)
    if not _jpeg_has_end(data):
        # a copy that broke off into zeros decodes without an error, grey from there on
        raise _CutShortError("the end of the picture is missing")
    return _from_pillow(image)


def _jpeg_has_end(data: bytes) -> bool:
    """Look for the end marker behind the start of the picture; a thumbnail's own marker does not count."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xDA:
            return data.find(b"\xff\xd9", at) != -1
        if marker == 0xFF or 0xD0 <= marker <= 0xD8 or marker == 1:  # padding, and markers without a length
            at += 1 if marker == 0xFF else 2
        else:
            at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return data.find(b"\xff\xd9", at) != -1


def _read_bmp(data: bytes) -> _Decoded:
    from PIL.BmpImagePlugin import BmpImageFile

    image = BmpImageFile(io.BytesIO(data))
    _check_size(*image.size)
    return _from_pillow(image)


def _read_webp(data: bytes) -> _Decoded:
    from PIL.WebPImagePlugin import WebPImageFile

    image = WebPImageFile(io.BytesIO(data))
    _check_size(*image.size)
    if image.is_animated:
        raise _TooManyError(f"an animation of {image.n_frames} pictures")
    return _from_pillow(image)


# --------------------------------------------------------------------------- PNG


def _read_png(data: bytes) -> _Decoded:
    from PIL.PngImagePlugin import PngImageFile

    sound, profile = _sound_png(data)
    width, height, n_bits, colour_type = struct.unpack_from(">IIBB", sound, 16)
    _check_size(width, height)
    if n_bits == 16 and colour_type in (2, 4, 6):
        return _png_of_16_bits(sound, colour_type, profile)
    return _from_pillow(PngImageFile(io.BytesIO(sound)), profile)


def _sound_png(data: bytes) -> tuple[bytes, bytes | None]:
    """Check a PNG's picture chunks and drop the others, whose damage must not stop reading.

    Returns the PNG with the chunks that matter, and its colour profile.
    """
    kept, profile, at = [data[:8]], None, 8
    while True:
        if at + 12 > len(data):
            raise _CutShortError("the end of the picture is missing")
        length, kind = struct.unpack_from(">I4s", data, at)
        chunk = data[at : at + 12 + length]
        intact = len(chunk) == 12 + length and zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:], "big")
        if kind in (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS") and not intact:
            raise _CutShortError(f"chunk {kind.decode()} is damaged")
        if intact and kind == b"acTL" and int.from_bytes(chunk[8:12], "big") > 1:
            raise _TooManyError(f"an animation of {int.from_bytes(chunk[8:12], 'big')} pictures")
        if intact and kind == b"iCCP":
            profile = _inflated_profile(chunk[8:-4])
        if intact and kind in (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"eXIf"):
            kept.append(chunk)
        if kind == b"IEND":
            break
        at += 12 + length
    if kept[1][4:8] != b"IHDR" or len(kept[1]) != 25:
        raise _CutShortError("the header is missing")
    return b"".join(kept), profile


def _inflated_profile(content: bytes) -> bytes | None:
    name_end = content.find(b"\0")
    try:
        return zlib.decompressobj().decompress(content[name_end + 2 :], 1 << 26)
    except zlib.error:
        return None


def _png_of_16_bits(data: bytes, colour_type: int, profile: bytes | None) -> _Decoded:
    from PIL.PngImagePlugin import PngImageFile

    def opened() -> ImageFile.ImageFile:
        return PngImageFile(io.BytesIO(data))

    values: NDArray[np.uint16]
    alpha: NDArray[np.uint16] | None = None
    if colour_type == 4:  # grey and alpha, two bytes each: read as if they were four channels of one byte
        image = opened()
        _set_raw_mode(image, "RGBA")
        pairs = np.ascontiguousarray(image).view(">u2").astype(np.uint16)
        values, alpha = pairs[..., 0], pairs[..., 1]
    else:
        image, values = _both_bytes(opened)
        if values.shape[2] == 4:
            values, alpha = values[..., :3], values[..., 3]
    model: _Model = "grey" if values.ndim == 2 else "rgb"
    return _Decoded(values, model, alpha, profile=profile, orientation=_orientation(image))


# --------------------------------------------------------------------------- what Pillow has opened


def _from_pillow(image: ImageFile.ImageFile, profile: bytes | None = None) -> _Decoded:
    """Take the colour and the alpha out of an opened image, as they are stored."""
    image.load()
    profile = profile or image.info.get("icc_profile")
    orientation = _orientation(image)
    mode = image.mode
    alpha, model = None, "grey"
    if mode in ("I", "F") or mode.startswith("I;16"):
        values = np.asarray(image)
        if mode == "I":
            if values.min() < 0 or values.max() > 0xFFFF:
                raise _UnsupportedError("32-bit or negative whole numbers")
            values = values.astype(np.uint16)
    elif mode == "CMYK":
        values, model = np.asarray(image), "cmyk"
    elif mode in ("La", "LA") or (mode in ("1", "L") and "transparency" in image.info):
        both = np.asarray(image.convert("LA"))
        values, alpha = both[..., 0], both[..., 1]
    elif mode in ("1", "L"):
        values = np.asarray(image.convert("L"))
    elif mode in ("RGBA", "RGBa", "PA") or (mode in ("P", "RGB") and "transparency" in image.info):
        four = np.asarray(image.convert("RGBA"))
        values, alpha, model = four[..., :3], four[..., 3], "rgb"
    elif mode in ("RGB", "RGBX", "P", "YCbCr"):
        values, model = np.asarray(image if mode == "RGB" else image.convert("RGB")), "rgb"
    else:
        raise _UnsupportedError(f"colour model {mode}")
    return _Decoded(values, model, alpha, profile=profile, orientation=orientation)  # type: ignore[arg-type]


def _orientation(image: Image.Image) -> int:
    """Orientation that is still to be applied, 1 … 8; damaged EXIF counts as upright."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:
        return 1


def _set_raw_mode(image: ImageFile.ImageFile, raw_mode: str) -> None:
    """Tell Pillow's decoder how to take the stored bytes apart."""
    image.tile = [
        tile._replace(args=raw_mode if isinstance(tile.args, str) else (raw_mode, *(tile.args or ())[1:]))
        for tile in image.tile
    ]


def _both_bytes(opened: Callable[[], ImageFile.ImageFile]) -> tuple[ImageFile.ImageFile, NDArray[np.uint16]]:
    """Read all 16 bits of an image with several channels, of which Pillow keeps the upper 8.

    The second decoding reads each pair of bytes in the wrong order, and so keeps the lower 8.
    """
    image, swapped = opened(), opened()
    args = image.tile[0].args
    base, _, order = str(args if isinstance(args, str) else (args or ("",))[0]).partition(";16")
    if order == "N":
        order = "L" if sys.byteorder == "little" else "B"
    _set_raw_mode(image, f"{base};16{order}")
    _set_raw_mode(swapped, f"{base};16{'B' if order == 'L' else 'L'}")
    return image, np.asarray(image).astype(np.uint16) << 8 | np.asarray(swapped)


# --------------------------------------------------------------------------- TIFF


def _read_tiff(data: bytes) -> _Decoded:
    import tifffile

    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        pages = list(tiff.pages)
        if not pages:
            raise _CutShortError("there is no page in it")
        notes = _tiff_notes(pages[0])
        chosen = _photograph_pages(pages, notes, is_camera_raw=data[8:10] == b"CR")
        for page in chosen:
            _check_page(page, len(data))
        planes = [_page_values(data, page) for page in chosen]
        first = planes[0]
        values = first.values if len(planes) == 1 else np.stack([plane.values for plane in planes], axis=2)
        profile = chosen[0].tags.get(_ICC_PROFILE)
        return _Decoded(
            values,
            first.model if len(planes) == 1 else "rgb",
            first.alpha,
            n_bits=first.n_bits or notes.n_bits,
            inverted=first.inverted,
            profile=profile.value if profile is not None and isinstance(profile.value, bytes) else None,
            orientation=first.orientation,
            um_per_px=notes.um_per_px or _baseline_um_per_px(chosen[0]),
        )


def _photograph_pages(pages: list[Any], notes: _TiffNotes, *, is_camera_raw: bool) -> list[Any]:
    """Choose the page that is the photograph, or the three that are its channels."""
    full = [page for page in pages if not page.subfiletype & 0b101]  # neither a smaller copy nor a mask
    has_hidden = any(page.subifds for page in pages)
    is_camera_raw |= _DNG_VERSION in pages[0].tags or any(int(page.photometric) in _RAW_CAMERA for page in pages)
    if is_camera_raw or (not full and has_hidden):
        raise _UnsupportedError("a camera's raw data")
    areas = {id(page): page.imagewidth * page.imagelength for page in pages}
    largest = max(full or pages, key=lambda page: areas[id(page)])
    alike = [page for page in full or pages if 4 * areas[id(page)] > areas[id(largest)]]
    n_pictures = max(len(alike), notes.n_stacked, largest.imagedepth)
    if n_pictures == 1:
        return [largest]
    is_grey = all(page.samplesperpixel == 1 and page.shape == alike[0].shape for page in alike)
    if len(alike) == n_pictures == notes.n_channels == 3 and is_grey:
        return alike
    raise _TooManyError(f"{n_pictures} pages")


def _check_page(page: Any, n_bytes: int) -> None:
    """Refuse what would need too much memory, and pages whose parts are not all in the file."""
    _check_size(page.imagewidth, page.imagelength)
    if page.is_tiled:
        _check_size(page.tilewidth, page.tilelength)
    if page.samplesperpixel > 6:
        raise _UnsupportedError(f"{page.samplesperpixel} channels")
    parts = list(zip(page.dataoffsets, page.databytecounts, strict=False))
    outside = any(offset < 1 or size < 1 or offset + size > n_bytes for offset, size in parts)
    if outside or len(parts) < math.prod(page.chunked):
        raise _CutShortError("parts of the picture are missing")


def _page_values(data: bytes, page: Any) -> _Decoded:
    photometric, compression = int(page.photometric), int(page.compression)
    is_plain = photometric in (_MINISWHITE, _MINISBLACK, _RGB, _CMYK) and (
        compression == _UNCOMPRESSED or (compression in _DEFLATE and page.predictor in (1, 2))
    )
    is_wide = page.bitspersample in (16, 32, 64)
    is_large = page.imagewidth * page.imagelength > MAX_PIXELS // 8 and page.bitspersample == 8
    is_premultiplied = page.extrasamples[:1] == (1,)
    if is_plain and (is_wide or is_large) and not is_premultiplied:
        return _plain_page(data, page)
    return _page_by_pillow(data, page)


def _plain_page(data: bytes, page: Any) -> _Decoded:
    """Read a page that is stored as it is or merely deflated, with any arrangement of its channels."""
    if page.dtype is None or page.dtype.kind not in "uf" or (page.dtype.kind == "u" and page.dtype.itemsize > 2):
        raise _UnsupportedError(f"values of type {page.dtype}")
    if int(page.compression) in _DEFLATE:
        _check_inflation(data, page)
    stored = page.asarray(squeeze=False)[:, 0]  # (separate channels, H, W, interleaved channels)
    samples = np.moveaxis(stored, 0, 2).reshape(*stored.shape[1:3], -1)
    photometric, n_samples = int(page.photometric), samples.shape[2]
    model: _Model = {_RGB: "rgb", _CMYK: "cmyk"}.get(photometric, "grey")  # type: ignore[assignment]
    if model == "grey" and n_samples == 3:
        model = "rgb"  # written without saying that the three channels are colours
    n_colours = {"grey": 1, "rgb": 3, "cmyk": 4}[model]
    if n_samples < n_colours:
        raise _UnsupportedError(f"{n_samples} channels")
    alpha = samples[..., n_colours] if page.extrasamples[:1] == (2,) and n_samples > n_colours else None
    tag = page.tags.get(_ORIENTATION)
    return _Decoded(
        samples[..., 0] if n_colours == 1 else samples[..., :n_colours],
        model,
        alpha,
        inverted=photometric == _MINISWHITE,
        n_bits=16 if photometric == _MINISWHITE and page.dtype == np.uint16 else None,
        orientation=int(tag.value) if tag is not None else 1,
    )


def _check_inflation(data: bytes, page: Any) -> None:
    """Refuse deflated parts that grow far beyond their place in the picture."""
    limit = 2 * math.prod(page.chunks) * page.dtype.itemsize + 65536
    for offset, size in zip(page.dataoffsets, page.databytecounts, strict=False):
        if len(zlib.decompressobj().decompress(memoryview(data)[offset : offset + size], limit)) >= limit:
            raise _BombError("compressed parts larger than the picture")


def _page_by_pillow(data: bytes, page: Any) -> _Decoded:
    from PIL.TiffImagePlugin import TiffImageFile

    def opened() -> TiffImageFile:
        image = TiffImageFile(io.BytesIO(data))
        image.seek(page.index)
        return image

    image: ImageFile.ImageFile = opened()
    args = image.tile[0].args
    raw_mode = str(args[0]) if isinstance(args, tuple) else str(args)
    if re.fullmatch(r"(RGB|RGBA|CMYK);16[LBN]", raw_mode) and int(page.planarconfig) == 1:
        image, values = _both_bytes(opened)
        alpha = values[..., 3] if image.mode == "RGBA" else None
        if image.mode == "RGBA":
            values = values[..., :3]
        model: _Model = "cmyk" if image.mode == "CMYK" else "rgb"
        return _Decoded(values, model, alpha, orientation=_orientation(image))
    if ";16" in raw_mode and not raw_mode.startswith("I;") and int(page.planarconfig) == 2:
        raise _UnsupportedError("16-bit channels stored apart and compressed")
    decoded = _from_pillow(image)
    is_wide = decoded.values.dtype.itemsize == 2
    is_white_zero = is_wide and int(page.photometric) == _MINISWHITE  # Pillow turns these round up to 8 bits only
    n_bits = page.bitspersample if is_wide and (is_white_zero or page.bitspersample < 16) else None
    return _Decoded(
        decoded.values,
        decoded.model,
        decoded.alpha,
        n_bits=n_bits,
        inverted=is_white_zero,
        orientation=decoded.orientation,
    )


_UM_PER_UNIT = {
    "µm": 1.0,
    "um": 1.0,
    "micron": 1.0,
    "microns": 1.0,
    "micrometer": 1.0,
    "micrometre": 1.0,
    "nm": 1e-3,
    "mm": 1e3,
    "cm": 1e4,
    "m": 1e6,
    "inch": 25400.0,
    "in": 25400.0,
}


def _tiff_notes(page: Any) -> _TiffNotes:
    description = page.description
    if "<OME" in description:
        return _ome_notes(description)
    if description.startswith("ImageJ="):
        return _imagej_notes(description, page)
    return _TiffNotes()


def _ome_notes(description: str) -> _TiffNotes:
    from xml.etree import ElementTree

    if "<!DOCTYPE" in description or "<!ENTITY" in description:  # the ways to make XML harmful
        return _TiffNotes()
    try:
        root = ElementTree.fromstring(description.rstrip("\0 "))  # noqa: S314 - entities are ruled out above
    except (ElementTree.ParseError, ValueError):
        return _TiffNotes()
    pixels = next((element for element in root.iter() if element.tag.rpartition("}")[2] == "Pixels"), None)
    if pixels is None:
        return _TiffNotes()
    x, y = (
        _number(pixels.get(f"PhysicalSize{axis}")) * _um(pixels.get(f"PhysicalSize{axis}Unit", "µm")) for axis in "XY"
    )
    n_bits, n_channels = _number(pixels.get("SignificantBits")), _number(pixels.get("SizeC"))
    return _TiffNotes(
        um_per_px=_plausible(x, y),
        n_bits=int(n_bits) if 1 <= n_bits <= 16 else None,
        n_channels=int(n_channels) if pixels.get("SizeZ") == pixels.get("SizeT") == "1" and n_channels >= 1 else 1,
    )


def _imagej_notes(description: str, page: Any) -> _TiffNotes:
    lines = dict(line.partition("=")[::2] for line in description.splitlines())
    um = _um(lines.get("unit", ""))
    n_images, n_channels = _number(lines.get("images", "1")), _number(lines.get("channels", "1"))
    return _TiffNotes(
        um_per_px=_plausible(*(um * size for size in _pixel_sizes(page))),
        n_channels=int(n_channels) if n_channels == n_images else 1,
        n_stacked=int(n_images) if n_images >= 1 else 1,
    )


def _baseline_um_per_px(page: Any) -> float | None:
    unit = page.tags.get(296)
    um = {2: 25400.0, 3: 1e4}.get(int(unit.value) if unit is not None else 0, math.nan)
    return _plausible(*(um * size for size in _pixel_sizes(page)))


def _pixel_sizes(page: Any) -> tuple[float, float]:
    """Width and height of a pixel in the file's unit; not a number where the file is silent."""
    sizes = []
    for code in (282, 283):
        tag = page.tags.get(code)
        n_pixels, n_units = tag.value if tag is not None and isinstance(tag.value, tuple) else (0, 0)
        sizes.append(n_units / n_pixels if n_pixels else math.nan)
    return sizes[0], sizes[1]


def _um(unit: str) -> float:
    for micro in ("\\u00b5", "\\u00B5", "μ"):  # ImageJ's escapes, and the Greek letter for the sign
        unit = unit.replace(micro, "µ")
    return _UM_PER_UNIT.get(unit.strip(), math.nan)


def _number(text: str | None) -> float:
    try:
        number = float(text or "nan")
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan


def _plausible(x: float, y: float) -> float | None:
    """Scale, if it is a microscope's and pixels are square; else None (comparisons with NaN are false)."""
    smallest, largest = PLAUSIBLE_UM_PER_PX
    return x if smallest <= x <= largest and abs(x - y) <= 0.01 * x else None


_READERS: dict[str, Callable[[bytes], _Decoded]] = {
    "JPEG": _read_jpeg,
    "PNG": _read_png,
    "TIFF": _read_tiff,
    "BMP": _read_bmp,
    "WebP": _read_webp,
}


# --------------------------------------------------------------------------- from stored values to pixels


def _finished(decoded: _Decoded) -> NDArray[np.uint8]:
    """Bring stored values to upright sRGB over white, uint8 (H, W, 3)."""
    colour = _in_8_bits(decoded.values, decoded.n_bits)
    if decoded.inverted:
        colour = 255 - colour
    rgb = _in_srgb(colour, decoded.model, decoded.profile)
    if decoded.alpha is not None:
        rgb = _over_white(rgb, _in_8_bits(decoded.alpha))
    return np.ascontiguousarray(_upright(rgb, decoded.orientation))


def _in_8_bits(values: NDArray[Any], n_bits: int | None = None) -> NDArray[np.uint8]:
    """Scale values to 0 … 255; see the head of this file for what is taken as white."""
    if values.dtype.kind == "b":
        return np.where(values, np.uint8(255), np.uint8(0))
    if values.dtype.kind == "f":
        # tiny overshoot is rounding (weights that add up to 1.0000001), not another scale
        if not np.isfinite(values).all() or values.min() < -1e-6 or values.max() > 1 + 1e-6:
            came = f"floats from {values.min():g} to {values.max():g}"
            do = "divide by the value of white first"
            raise PhotographError("the values are not those of a photograph", came=came, allowed="0 … 1", do=do)
        return np.round(values.clip(0, 1) * 255).astype(np.uint8)
    if values.dtype == np.uint8:
        return values
    largest = int(values.max())
    if n_bits is None or largest >= 1 << n_bits:
        n_bits = next(depth for depth in _DEPTHS if largest < 1 << depth)
    white = (1 << n_bits) - 1
    table = ((np.arange(white + 1, dtype=np.uint32) * 255 + white // 2) // white).astype(np.uint8)
    scaled: NDArray[np.uint8] = table[values]
    return scaled


def _in_srgb(colour: NDArray[np.uint8], model: _Model, profile: bytes | None) -> NDArray[np.uint8]:
    from PIL import Image

    if profile is None and model == "rgb":
        return colour
    if profile is None and model == "grey":
        return np.repeat(colour[..., np.newaxis], 3, axis=2)
    mode = {"grey": "L", "rgb": "RGB", "cmyk": "CMYK"}[model]
    height, width = colour.shape[:2]
    image = Image.frombuffer(mode, (width, height), np.ascontiguousarray(colour), "raw", mode, 0, 1)
    converted = _by_profile(image, profile) if profile is not None else None
    return np.asarray(converted or image.convert("RGB"))


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    """Convert through an embedded profile; None when it is damaged or made for other colours."""
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}[source.profile.xcolor_space.strip()]
        if mode == "RGB" and image.mode == "L":
            image = image.convert("RGB")
        if mode != image.mode:
            return None
        return ImageCms.profileToProfile(
            image,
            source,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except Exception:  # a damaged profile may raise anything; the colours as stored are the next best
        return None


def _over_white(rgb: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if not alpha.any():
        return rgb  # a channel that was never filled in, rather than an invisible photograph
    opaque = alpha[..., np.newaxis].astype(np.uint16)
    return ((rgb * opaque + 255 * (255 - opaque) + 127) // 255).astype(np.uint8)


def _upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Undo an EXIF orientation 1 … 8; other numbers leave the pixels alone."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels
