"""JPEG, PNG, BMP and WebP, read with Pillow.

Pillow's reader for each format is called by its name rather than through ``Image.open``, which has a limit
of its own on the number of pixels.
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from hemolens.images.formats.pixel_size import UM_PER_INCH, plausible_um_per_px
from hemolens.images.formats.stored_picture import (
    SizeLimit,
    StoredPicture,
    damaged,
    index_of_plane,
    too_many,
    unsupported,
)

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

ORIENTATION = 274
"""Number of the EXIF and TIFF tag."""

_PNG_END = b"IEND\xaeB`\x82"
_TAKEN_AS = {"1": "L", "La": "LA", "P": "RGB", "PA": "RGBA", "RGBX": "RGB", "RGBa": "RGBA", "YCbCr": "RGB"}
_WITH_ALPHA = {"L": "LA", "RGB": "RGBA"}


def read_jpeg(data: bytes, limit: SizeLimit, plane: int | None = None) -> StoredPicture:
    """Read a JPEG; of a phone's multi-picture file, the first picture."""
    from PIL.JpegImagePlugin import JpegImageFile

    file = io.BytesIO(data)
    image = _checked(JpegImageFile(file), limit, plane)
    # Pillow stops where the compressed picture starts. A copy that broke off into zeros has no end mark behind it,
    # and would be decoded without an error, grey from there on.
    if data.find(b"\xff\xd9", file.tell()) == -1:
        raise damaged("the end of the image is missing")
    return stored_by_pillow(image)


def read_png(data: bytes, limit: SizeLimit, plane: int | None = None) -> StoredPicture:
    """Read a PNG of any depth, after a look at its check sums."""
    from PIL.PngImagePlugin import PngImageFile

    image = _checked(PngImageFile(io.BytesIO(data)), limit, plane)
    if _PNG_END not in data:
        raise damaged("the end of the image is missing")
    picture_at = image.tile[0].offset - 8
    image.verify()  # and closes it
    image = PngImageFile(io.BytesIO(data))
    n_bits, has_colours_or_alpha = data[24], data[25] in (2, 4, 6)
    if n_bits < 16 or not has_colours_or_alpha:
        return stored_by_pillow(image)
    image.load()  # Pillow refuses damaged pixels without a word; libpng would complain aloud
    # without what stands between header and picture, such as odd profiles that libpng complains about aloud
    bare = data[:33] + data[picture_at:]
    stored = decode_16_bits(bare, profile=image.info.get("icc_profile"), orientation=_orientation(image))
    return replace(stored, um_per_px=_um_per_px(image))


def read_bmp(data: bytes, limit: SizeLimit, plane: int | None = None) -> StoredPicture:
    """Read a BMP."""
    from PIL.BmpImagePlugin import BmpImageFile

    return stored_by_pillow(_checked(BmpImageFile(io.BytesIO(data)), limit, plane))


def read_webp(data: bytes, limit: SizeLimit, plane: int | None = None) -> StoredPicture:
    """Read a WebP."""
    from PIL.WebPImagePlugin import WebPImageFile

    return stored_by_pillow(_checked(WebPImageFile(io.BytesIO(data)), limit, plane))


def _checked(image: ImageFile, limit: SizeLimit, plane: int | None) -> ImageFile:
    limit.check(*image.size)
    if (n_pictures := getattr(image, "n_frames", 1)) > 1:
        raise too_many(f"an animation of {n_pictures} frames")
    index_of_plane(1, plane)
    return image


def stored_by_pillow(image: Image) -> StoredPicture:
    """Take the samples out of an opened image."""
    image.load()
    mode = _TAKEN_AS.get(image.mode, image.mode)
    if "transparency" in image.info:
        mode = _WITH_ALPHA.get(mode, mode)
    samples = np.atleast_3d(np.asarray(image if mode == image.mode else image.convert(mode)))
    if mode == "F" or mode.startswith("I;16"):
        mode = "L"
    if mode not in ("L", "LA", "RGB", "RGBA", "CMYK"):
        raise unsupported(f"colour model {mode}")
    return StoredPicture(
        samples,
        mode,
        profile=image.info.get("icc_profile"),
        orientation=_orientation(image),
        um_per_px=_um_per_px(image),
    )


def _um_per_px(image: Image) -> float | None:
    """Take the dots per inch for a scale, where a microscope's program has put one there."""
    try:
        x, y = (UM_PER_INCH / float(dots) for dots in image.info["dpi"])
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return None
    return plausible_um_per_px(x, y)


def _orientation(image: Image) -> int:
    """Orientation that is still to be applied, 1 … 8; damaged EXIF counts as upright."""
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except Exception:
        return 1


def decode_16_bits(data: bytes, page: int = 0, profile: bytes | None = None, orientation: int = 1) -> StoredPicture:
    """Decode RGB of more than 8 bits, which Pillow would cut to 8, with OpenCV; a TIFF comes upright."""
    import cv2

    log = cv2.utils.logging
    level = log.setLogLevel(log.LOG_LEVEL_SILENT)
    try:
        whole = np.frombuffer(data, np.uint8)
        done, pictures = cv2.imdecodemulti(whole, cv2.IMREAD_UNCHANGED, range=(page, page + 1))
    finally:
        log.setLogLevel(level)
    mode = {3: "RGB", 4: "RGBA"}.get(pictures[0].shape[-1]) if done else None
    if mode is None:
        raise damaged("the image cannot be decoded")
    blue_first = [2, 1, 0, 3][: len(mode)]
    return StoredPicture(pictures[0][..., blue_first], mode, profile=profile, orientation=orientation)
