"""TIFF, BigTIFF, OME-TIFF and ImageJ's TIFF: which page, which decoder, which scale.

tifffile tells the pages apart and reads what is not compressed. What is compressed is read by Pillow, or, where that
would keep 8 bits of 16, by OpenCV; both never write beyond the size that the page states.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, starmap
from typing import Any
from xml.etree import ElementTree

import numpy as np

from hemolens.images.formats.pillow_formats import ORIENTATION, decode_16_bits, stored_by_pillow
from hemolens.images.formats.pixel_size import plausible_um_per_px, um_per_unit
from hemolens.images.formats.stored_picture import (
    SizeLimit,
    StoredPicture,
    channels_apart,
    damaged,
    index_of_plane,
    too_many,
    unsupported,
    unsupported_compression,
)
from hemolens.images.formats.tiff_channels import RGB, ChannelsInPages, channels_in_pages
from hemolens.images.formats.tiff_pieces import JPEG_2000, WEBP, stored_in_pieces

MAX_PAGES = 100
"""Most pages of a photograph's file, with thumbnails, masks and smaller copies."""

_ICC_PROFILE, _DNG_VERSION = 34675, 50706
_SMALLER_OR_MASK = 0b101  # bits of the tag NewSubfileType
_MINISWHITE, _MINISBLACK, _RGB, _CMYK = 0, 1, 2, 5
_UNCOMPRESSED, _CONTIGUOUS = 1, 1
_PREMULTIPLIED, _ALPHA = 1, 2

_COMPRESSIONS = {
    7: "JPEG", 22610: "JPEG XR", 33003: "JPEG 2000 of YCbCr", 33005: "JPEG 2000", 34661: "JBIG", 34712: "JPEG 2000",
    34887: "LERC", 34925: "LZMA", 34926: "Zstandard", 34927: "WebP", 34933: "PNG", 34934: "JPEG XR", 50000: "Zstandard",
    50001: "WebP", 50002: "JPEG XL", 52546: "JPEG XL",
}  # fmt: skip
_READ_BY_OPENCV = frozenset({_UNCOMPRESSED, 5, 8, 32773, 32946})  # LZW, Deflate, PackBits
_READ_BY_PILLOW = _READ_BY_OPENCV | {2, 3, 4, 6, 7, 32771, 32809, 34676, 34677, 34925, 50000}


def read_tiff(data: bytes, limit: SizeLimit, plane: int | None = None) -> StoredPicture:
    """Read the one photograph of a TIFF, or a plane of its stack."""
    import tifffile

    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        ome, imagej = _ome_pixels(tiff.ome_metadata), tiff.imagej_metadata or {}
        every = _first_pages(tiff)
        channels = channels_in_pages(imagej, ome, len(every))
        pages = _photograph_pages(every, channels, plane, is_canon_raw=data[8:10] == b"CR")
        for page in pages:
            _check_page(page, limit)
        stored = _merged([_stored(data, page) for page in pages])
        page, stated = pages[0], {} if ome is None else ome.attrib
        # where zero is white, the largest value is black and says nothing about the depth
        n_bits = _number(stated.get("SignificantBits")) or (16 if stored.white_is_zero else 0)
        profile = page.tags.valueof(_ICC_PROFILE)
        return replace(
            stored,
            n_bits=int(n_bits) if 1 <= n_bits <= 16 else None,
            profile=profile if isinstance(profile, bytes) else None,
            um_per_px=next(filter(None, starmap(plausible_um_per_px, _scales(page, stated, imagej))), None),
        )


def _first_pages(tiff: Any) -> list[Any]:
    """List the pages; to follow a chain of them without end takes time that grows with its square."""
    pages = list(islice(tiff.pages, MAX_PAGES + 1))
    if len(pages) > MAX_PAGES:
        raise too_many(f"more than {MAX_PAGES} pages")
    return pages


def _photograph_pages(
    pages: list[Any], channels: ChannelsInPages | None, plane: int | None, *, is_canon_raw: bool
) -> list[Any]:
    """Choose the page that is the photograph or the plane of a stack, or the pages of its red, green and blue.

    Thumbnails, masks and smaller pyramid levels are passed over.
    """
    if not pages:
        raise damaged("it has no page")
    full = [page for page in pages if not page.subfiletype & _SMALLER_OR_MASK]
    if is_canon_raw or not full or _DNG_VERSION in pages[0].tags:
        raise unsupported("a camera's raw data")  # of which the pages are previews
    areas = [page.imagewidth * page.imagelength for page in full]
    largest = full[areas.index(max(areas))]
    alike = [page for page, area in zip(full, areas, strict=True) if 4 * area > max(areas)]
    if largest.imagedepth > 1:
        raise too_many(f"a page of {largest.imagedepth} planes")
    if channels is None or len(alike) < len(pages) or any(page.samplesperpixel > 1 for page in pages):
        return [alike[index_of_plane(len(alike), plane)]]
    colours = channels.colours
    if sorted(colours) != sorted(RGB):
        raise channels_apart(f"{len(alike)} pages, each a channel")
    chosen = channels.planes[index_of_plane(len(channels.planes), plane)]
    return [pages[chosen[colours.index(colour)]] for colour in RGB]


def _merged(channels: list[StoredPicture]) -> StoredPicture:
    """Put red, green and blue into one picture; a picture by itself stays as it is."""
    if len(channels) == 1:
        return channels[0]
    kinds = {(each.samples.shape, each.samples.dtype, each.mode, each.orientation) for each in channels}
    if len(kinds) > 1 or channels[0].mode != "L" or any(each.white_is_zero for each in channels):
        raise channels_apart("3 pages, each a channel, of different kinds")
    samples = np.concatenate([each.samples for each in channels], axis=2)
    return replace(channels[0], samples=samples, mode="RGB")


def _check_page(page: Any, limit: SizeLimit) -> None:
    """Refuse what would need too much memory, and pages whose parts are not all in the file."""
    limit.check(page.imagewidth, page.imagelength)
    if page.is_tiled:
        limit.check(page.tilewidth, page.tilelength)
    if page.samplesperpixel > 6:
        raise unsupported(f"{page.samplesperpixel} channels")
    parts = list(zip(page.dataoffsets, page.databytecounts, strict=False))
    outside = any(offset < 1 or size < 1 or offset + size > limit.n_bytes for offset, size in parts)
    if outside or len(parts) < math.prod(page.chunked):
        raise damaged("parts of the image are missing")


def _stored(data: bytes, page: Any) -> StoredPicture:
    compression = _COMPRESSIONS.get(page.compression, f"compression {int(page.compression)}")
    if page.compression in JPEG_2000 | WEBP:
        return stored_in_pieces(data, page, compression)
    if page.compression not in _READ_BY_PILLOW:
        raise unsupported_compression(compression)
    is_plain = page.photometric in (_MINISWHITE, _MINISBLACK, _RGB, _CMYK) and page.bitspersample in (8, 16, 32, 64)
    if is_plain and page.compression == _UNCOMPRESSED and page.extrasamples[:1] != (_PREMULTIPLIED,):
        return _stored_uncompressed(page)
    if page.bitspersample == 8 or page.samplesperpixel == 1:
        return _stored_by_pillow(data, page)
    if page.photometric == _RGB and page.planarconfig == _CONTIGUOUS:
        if page.compression not in _READ_BY_OPENCV:
            raise unsupported_compression(f"{compression} of {page.bitspersample} bits a channel")
        return decode_16_bits(data, page.index)
    raise unsupported(f"compressed channels of {page.bitspersample} bits")


def _stored_uncompressed(page: Any) -> StoredPicture:
    """Read a page of whole bytes, with any arrangement of its channels."""
    if page.dtype is None or (page.dtype not in (np.uint8, np.uint16) and page.dtype.kind != "f"):
        raise unsupported(f"values of type {page.dtype}")
    stored = page.asarray(squeeze=False)[:, 0]  # (separate channels, H, W, interleaved channels)
    samples = np.moveaxis(stored, 0, 2).reshape(*stored.shape[1:3], -1)
    # three channels are colours, even where the file does not say so
    undeclared = "RGB" if samples.shape[2] == 3 else "L"
    mode = {_RGB: "RGB", _CMYK: "CMYK"}.get(page.photometric, undeclared)
    if mode != "CMYK" and page.extrasamples[:1] == (_ALPHA,):
        mode += "A"
    if samples.shape[2] < len(mode):
        raise unsupported(f"{samples.shape[2]} channels")
    orientation = int(page.tags.valueof(ORIENTATION, default=1))
    white_is_zero = page.photometric == _MINISWHITE
    return StoredPicture(samples[..., : len(mode)], mode, white_is_zero=white_is_zero, orientation=orientation)


def _stored_by_pillow(data: bytes, page: Any) -> StoredPicture:
    from PIL.TiffImagePlugin import TiffImageFile

    image = TiffImageFile(io.BytesIO(data))
    image.seek(page.index)
    stored = stored_by_pillow(image)
    # Pillow turns values of 8 bits round, and no others
    return replace(stored, white_is_zero=page.photometric == _MINISWHITE and stored.samples.dtype != np.uint8)


def _ome_pixels(xml: str | None) -> ElementTree.Element | None:
    """Give the first picture in OME's metadata; None where there are none or they are damaged."""
    if xml is None or "<!DOCTYPE" in xml or "<!ENTITY" in xml:  # the ways to make XML harmful
        return None
    try:
        return ElementTree.fromstring(xml).find("{*}Image/{*}Pixels")  # noqa: S314 - entities are ruled out above
    except (ElementTree.ParseError, ValueError):
        return None


def _scales(page: Any, ome: dict[str, str], imagej: dict[str, Any]) -> Iterator[tuple[float, float]]:
    """Width and height of a pixel in µm, as OME, ImageJ and TIFF itself say it; 0 where they are silent."""
    x, y = (
        _number(ome.get(f"PhysicalSize{axis}")) * um_per_unit(ome.get(f"PhysicalSize{axis}Unit", "µm")) for axis in "XY"
    )
    yield x, y
    units = imagej.get("unit"), imagej.get("yunit", imagej.get("unit"))
    x, y = (um_per_unit(unit) / n if n else 0 for unit, n in zip(units, page.get_resolution(), strict=True))
    yield x, y
    x, y = (1 / n if n else 0 for n in page.get_resolution("MICROMETER"))
    yield x, y


def _number(text: str | None) -> float:
    try:
        number = float(text or 0)
    except ValueError:
        return 0.0
    return number if math.isfinite(number) else 0.0
