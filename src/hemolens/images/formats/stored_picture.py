"""What a reader of files hands over, and what it says when it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from hemolens.errors import PhotographError


@dataclass(frozen=True, eq=False)
class StoredPicture:
    """A picture as its file stores it, and what is still to be done to it."""

    samples: NDArray[Any]  # (H, W, C), unsigned integers, or floats in 0 … 1
    mode: str  # "L" (grey), "LA" (grey and opacity), "RGB", "RGBA" or "CMYK" (amounts of ink)
    n_bits: int | None = None  # depth of the samples, where the file says it
    white_is_zero: bool = False  # whether the samples are to be turned round
    profile: bytes | None = None  # ICC colour profile
    orientation: int = 1  # EXIF orientation that is still to be applied, 1 … 8
    um_per_px: float | None = None  # µm per pixel, where the file says it


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Refuse, before anything is decoded, what has too many pixels or none."""
    came = f"{width} × {height} pixels"
    if width < 1 or height < 1:
        raise damaged(came)
    if width * height > max_pixels:
        raise too_large(came, f"at most {max_pixels} pixels")


def damaged(came: str) -> PhotographError:
    """Error for a file that ends before its picture does, or whose parts do not fit together."""
    what, do = "the photograph is damaged or cut short", "copy or export the photograph again"
    return PhotographError(what, came=came, allowed="a complete file", do=do)


def too_large(came: str, allowed: str) -> PhotographError:
    """Error for a file or a picture that would need too much memory."""
    do = "crop it, or save it at a lower resolution"
    return PhotographError("the photograph is too large", came=came, allowed=allowed, do=do)


def too_many(came: str) -> PhotographError:
    """Error for a stack or an animation."""
    what, do = "the file contains more than one photograph", "save each as a file of its own"
    return PhotographError(what, came=came, allowed="one photograph per file", do=do)


def unsupported(came: str) -> PhotographError:
    """Error for a sound file of a kind that is not read."""
    allowed = "grey, RGB, palette or CMYK images of 8 or 16 bits, or of floats in 0 … 1"
    do = "export it as an 8-bit PNG or TIFF"
    return PhotographError("this kind of image is not supported", came=came, allowed=allowed, do=do)
