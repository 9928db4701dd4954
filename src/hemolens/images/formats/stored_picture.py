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


ALWAYS_READ_PX = 20_000_000
"""A picture of no more pixels is read however few bytes its file has."""


@dataclass(frozen=True)
class SizeLimit:
    """How large a picture may be.

    Attributes
    ----------
    max_pixels : int
    n_bytes : int
        Size of the file.
    max_pixels_per_byte : int or None
        In pictures of more than :data:`ALWAYS_READ_PX`; None where any number is believed.

    """

    max_pixels: int
    n_bytes: int
    max_pixels_per_byte: int | None = None

    def check(self, width: int, height: int) -> None:
        """Refuse, before anything is decoded, what has too many pixels, more than its file can hold, or none.

        Raises
        ------
        PhotographError

        """
        came = f"{width} × {height} pixels"
        if width < 1 or height < 1:
            raise damaged(came)
        if width * height > self.max_pixels:
            raise too_large(came, f"at most {self.max_pixels} pixels")
        most = self.max_pixels_per_byte
        if most is not None and width * height > max(ALWAYS_READ_PX, most * self.n_bytes):
            raise PhotographError(
                "the file is too small for an image of this size",
                came=f"{came} in {self.n_bytes} bytes",
                allowed=f"at most {most} pixels per byte above {ALWAYS_READ_PX // 10**6} megapixels",
                do="export the image again, or save it at a lower resolution",
            )


def damaged(came: str) -> PhotographError:
    """Error for a file that ends before its picture does, or whose parts do not fit together."""
    what, do = "the photograph is damaged or cut short", "copy or export the photograph again"
    return PhotographError(what, came=came, allowed="a complete file", do=do)


def too_large(came: str, allowed: str) -> PhotographError:
    """Error for a file or a picture that would need too much memory."""
    do = "crop it, or save it at a lower resolution"
    return PhotographError("the photograph is too large", came=came, allowed=allowed, do=do)


def too_many(came: str, do: str = "save each as a file of its own") -> PhotographError:
    """Error for a stack or an animation."""
    what = "the file contains more than one photograph"
    return PhotographError(what, came=came, allowed="one photograph per file", do=do)


def index_of_plane(n_planes: int, plane: int | None) -> int:
    """Index of the plane 1 … `n_planes` that is to be read; of the only one, if none is chosen.

    Raises
    ------
    PhotographError
        There are several and none is chosen, or there is no such plane.

    """
    if plane is None and n_planes > 1:
        apart = "save each as a file of its own, or, if they are the colours of one photograph, merge them"
        raise too_many(f"{n_planes} planes", f"set plane to one of 1 … {n_planes}, {apart} (Fiji: RGB Color)")
    if plane is not None and plane > n_planes:
        raise PhotographError(
            "the file has no such plane",
            came=f"plane {plane}",
            allowed="1" if n_planes == 1 else f"1 … {n_planes}",
            do="choose a plane that is there, or none where the file has only one",
        )
    return (plane or 1) - 1


def channels_apart(came: str) -> PhotographError:
    """Error for channels in pages of their own that cannot be put together."""
    return PhotographError(
        "the file does not say which of its channels are red, green and blue",
        came=came,
        allowed="one colour image, or three grey pages that are named or coloured red, green and blue",
        do="merge them into one colour image (Fiji: Image > Color > Merge Channels, then Image > Type > RGB Color)",
    )


def unsupported(came: str) -> PhotographError:
    """Error for a sound file of a kind that is not read."""
    allowed = "grey, RGB, palette or CMYK images of 8 or 16 bits, or of floats in 0 … 1"
    do = "export it as an 8-bit PNG or TIFF"
    return PhotographError("this kind of image is not supported", came=came, allowed=allowed, do=do)


def unsupported_compression(came: str) -> PhotographError:
    """Error for a sound TIFF that is compressed in a way that is not read."""
    return PhotographError(
        "the compression of this TIFF is not supported",
        came=came,
        allowed="none, LZW, Deflate or PackBits, and with 8 bits a channel JPEG, JPEG 2000, WebP, LZMA or Zstandard",
        do="open it in the program that wrote it and save it without compression or with LZW",
    )
