"""A file or an array becomes a photograph: upright sRGB pixels, 8 bits a channel.

What is decided here, so that nobody has to guess:

- **Formats**: JPEG, PNG, TIFF (BigTIFF too), BMP and WebP, known by their first bytes, not by their
  suffix. GIF is refused: 256 colours are too few to tell cells apart.
- **One file is one photograph.** Thumbnails, masks and smaller pyramid levels of a TIFF, and the extra
  pictures behind a phone's JPEG, are passed over. Of a stack (several pages of like size) one plane is read, by its
  number; without a number it is refused, as an animation is: counting only the first picture would drop the others
  without a word.
- **Sixteen bits**: cameras of 10, 12 or 14 bits store small numbers in 16-bit files. Unless the
  file states its depth, it is the smallest of 8, 10, 12, 14 and 16 bits that holds the largest value.
- **Floats** run from 0 (black) to 1 (white).
- **Transparency** is laid over white; a picture that is transparent everywhere is read as opaque.
- **Colour profiles** are converted to sRGB; one that is damaged or does not fit is ignored.
- **CMYK JPEG** files are taken as inverted (Adobe's habit), as browsers take them; CMYK TIFF files are not.
- **Scale**: µm per pixel comes from OME, ImageJ or the resolution of TIFF, PNG, BMP or JPEG, and only where it is
  plausible for a microscope.

How a format stores all this is known in :mod:`hemolens.images.formats`; what is common to all of them is done here.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hemolens.errors import PhotographError, quoted
from hemolens.images.box import Box
from hemolens.images.formats import ALLOWED, KNOWN_BUT_NOT_READ, not_read, read_stored, stored_from_pillow
from hemolens.images.formats.foreign_formats import PICTURES_BESIDE
from hemolens.images.formats.stored_picture import StoredPicture, too_large
from hemolens.images.image import Shape

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 400_000_000
"""Largest photograph, in pixels; looked up in the file's header, before anything is decoded."""

MAX_BYTES = 8 * MAX_PIXELS
"""Largest file, in bytes: four uncompressed channels of 16 bits at :data:`MAX_PIXELS`."""

MAX_PIXELS_PER_BYTE = 250
"""Of a large photograph: JPEGs of smears at quality 10 have 60, blank ones 170. Masks may have more."""

_DEPTHS = (8, 10, 12, 14, 16)


@dataclass(frozen=True, eq=False)
class Photograph:
    """One photograph, upright and in sRGB.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        Red, green, blue; C-contiguous.
    name : str
        File name, ``"array"`` or ``"image"``.
    path : Path or None
        Where it was read from; None for an array or an image.
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

    @property
    def shape(self) -> Shape:
        """Rows and columns."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @property
    def levels(self) -> Sequence[Shape]:
        """A photograph has no reductions."""
        return (self.shape,)

    def read(self, box: Box, level: int = 0) -> NDArray[np.uint8]:
        """Give the pixels of a box, as :class:`~hemolens.images.image.SmearImage`; not a copy."""
        return self.pixels[box.row0 : box.row1, box.col0 : box.col1]

    def overview(self) -> NDArray[np.uint8]:
        """Give all the pixels; not a copy."""
        return self.pixels


def read_photograph(
    path: str | os.PathLike[str], *, plane: int | None = None, max_pixels_per_byte: int | None = MAX_PIXELS_PER_BYTE
) -> Photograph:
    """Read a photograph from a file.

    Parameters
    ----------
    path : str or path-like
        A JPEG, PNG, TIFF, BMP, WebP or HEIC file of at most :data:`MAX_PIXELS`.
    plane : int or None
        Which plane of a stack, 1 … N in the order of the file; not needed where there is one.
    max_pixels_per_byte : int or None, default 250
        Refuse a large picture in a file that is too small for it; with None, for masks, any is believed.

    Returns
    -------
    Photograph

    Raises
    ------
    PhotographError
        When the file is missing, a folder, empty, unreadable, cut short, not a photograph of these
        formats, too large, several photographs in one, or without such a plane.

    """
    path = Path(path)
    data = _bytes_of(path)
    try:
        if path.suffix.lower() in PICTURES_BESIDE:
            raise not_read(KNOWN_BUT_NOT_READ[path.suffix.lower()])
        stored = read_stored(data, MAX_PIXELS, max_pixels_per_byte, plane)
        pixels = _finished(stored)
    except PhotographError as error:
        came = f"{quoted(path)} ({quoted(error.came)[1:-1]})"
        raise PhotographError(error.what, came=came, allowed=error.allowed, do=error.do) from error
    return Photograph(pixels, path.name, path, hashlib.sha256(data).hexdigest(), stored.um_per_px)


def _bytes_of(path: Path) -> bytes:
    try:
        status = path.stat()
        if status.st_size > MAX_BYTES:
            raise too_large(f"{quoted(path)} of {status.st_size} bytes", f"at most {MAX_BYTES} bytes")
        if stat.S_ISREG(status.st_mode):
            with path.open("rb") as file:
                data = file.read(status.st_size)  # memory is taken for as many bytes as are asked for
            if data:
                return data
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:  # ValueError: a null byte in the name
        raise _bad_file("there is no such photograph", quoted(path), "check the name and the folder") from error
    except OSError as error:
        came = f"{quoted(path)} ({error.strerror or type(error).__name__})"
        raise _bad_file("the file cannot be read", came, "check its permissions and the disk") from error
    if stat.S_ISDIR(status.st_mode):
        raise _bad_file("a folder is not a photograph", quoted(path), "name a file inside it")
    if not stat.S_ISREG(status.st_mode):
        came = f"{quoted(path)}, a pipe, a socket or a device"
        raise _bad_file("not an ordinary file", came, "save the photograph as a file")
    raise _bad_file("the file is empty", f"{quoted(path)} of 0 bytes", "copy or export the photograph again")


def _bad_file(what: str, came: str, do: str) -> PhotographError:
    return PhotographError(what, came=came, allowed=ALLOWED, do=do)


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
        raise _bad_array("a photograph in memory must be a numpy array or a Pillow image", f"a {type(array).__name__}")
    came = f"shape {array.shape} of {array.dtype}"
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise _bad_array("the array does not have the shape of a photograph", came)
    if array.size == 0:
        raise _bad_array("the array has no pixels", came)
    if array.dtype.kind not in "bf" and array.dtype.newbyteorder("=") not in (np.uint8, np.uint16):
        raise _bad_array("the dtype of the array is not supported", came)
    samples = np.atleast_3d(array)
    pixels = _finished(StoredPicture(samples, {1: "L", 3: "RGB", 4: "RGBA"}[samples.shape[2]]))
    sha256 = hashlib.sha256(array.tobytes()).hexdigest()
    own = pixels.copy() if np.may_share_memory(pixels, array) else pixels
    return Photograph(own, name, None, sha256)


def photograph_from_memory(picture: NDArray[Any] | Image.Image) -> Photograph:
    """Take an array or a Pillow image as a photograph.

    Parameters
    ----------
    picture : ndarray or PIL.Image.Image
        An array as :func:`photograph_from_array` takes it, or an image of Pillow, turned upright and converted to sRGB
        as its file would be.

    Returns
    -------
    Photograph

    Raises
    ------
    PhotographError
        As :func:`photograph_from_array`; or the image is of another kind, or its file is damaged.

    Examples
    --------
    >>> from PIL import Image
    >>> photograph_from_memory(Image.new("L", (1, 1), 7)).pixels.tolist()
    [[[7, 7, 7]]]

    """
    from PIL import Image

    if not isinstance(picture, Image.Image):
        return photograph_from_array(picture)
    stored = stored_from_pillow(picture)
    sha256 = hashlib.sha256(stored.samples.tobytes()).hexdigest()
    return Photograph(_finished(stored).copy(), "image", None, sha256, stored.um_per_px)


def _bad_array(what: str, came: str) -> PhotographError:
    allowed = "(H, W), (H, W, 1), (H, W, 3) or (H, W, 4) of uint8, uint16, bool or float in 0 … 1"
    return PhotographError(what, came=came, allowed=allowed, do="convert the array first")


def _finished(stored: StoredPicture) -> NDArray[np.uint8]:
    """Bring stored samples to upright sRGB over white, uint8 (H, W, 3)."""
    n_colours = len(stored.mode.removesuffix("A"))
    colour = _in_8_bits(stored.samples[..., :n_colours], stored.n_bits)
    if stored.white_is_zero:
        colour = 255 - colour
    rgb = _in_srgb(colour, stored.profile)
    if stored.mode.endswith("A"):
        rgb = _over_white(rgb, _in_8_bits(stored.samples[..., n_colours:]))
    return np.ascontiguousarray(_upright(rgb, stored.orientation))


def _in_8_bits(values: NDArray[Any], n_bits: int | None = None) -> NDArray[np.uint8]:
    """Scale values to 0 … 255; see the head of this file for what is taken as white."""
    if values.dtype.kind == "b":
        return np.where(values, np.uint8(255), np.uint8(0))
    if values.dtype.kind == "f":
        # tiny overshoot is rounding (weights that add up to 1.0000001), not another scale
        if not np.isfinite(values).all() or values.min() < -1e-6 or values.max() > 1 + 1e-6:
            came = f"floats from {values.min():g} to {values.max():g}"
            do = "divide by the value of white"
            raise PhotographError("the values are out of range for a photograph", came=came, allowed="0 … 1", do=do)
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


def _in_srgb(colour: NDArray[np.uint8], profile: bytes | None) -> NDArray[np.uint8]:
    """Convert grey (H, W, 1), RGB (H, W, 3) or CMYK (H, W, 4)."""
    from PIL import Image

    height, width, n_colours = colour.shape
    if profile is None and n_colours < 4:
        return colour if n_colours == 3 else np.repeat(colour, 3, axis=2)
    mode = {1: "L", 3: "RGB", 4: "CMYK"}[n_colours]
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
        target, flags = ImageCms.createProfile("sRGB"), ImageCms.Flags.BLACKPOINTCOMPENSATION
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        return ImageCms.profileToProfile(image, source, target, intent, "RGB", flags=flags)
    except Exception:  # a damaged profile may raise anything; the colours as stored are the next best
        return None


def _over_white(rgb: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if not alpha.any():
        return rgb  # a channel that was never filled in, rather than an invisible photograph
    opaque = alpha.astype(np.uint16)
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
