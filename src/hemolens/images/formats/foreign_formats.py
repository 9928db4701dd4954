"""Formats that are often tried and not read: how they are known, and how such a file becomes one that is read."""

from __future__ import annotations

from typing import NamedTuple


class NotRead(NamedTuple):
    """A format that is not read."""

    name: str
    """As an error calls it: "a Zeiss CZI file"."""
    do: str
    """How to convert it."""


_EXPORT = "save or export it as PNG or TIFF"
_EXPORT_RAW = "export it as TIFF or JPEG with the camera's program"
_CONVERT = "convert it to OME-Zarr (bioformats2raw), or export one plane as RGB TIFF (QuPath, Fiji)"

AVIF = NotRead("an AVIF image", _EXPORT)
JPEG_2000 = NotRead("a JPEG 2000 image", _EXPORT)
JPEG_XL = NotRead("a JPEG XL image", _EXPORT)
GIF = NotRead("a GIF image", _EXPORT)  # 256 colours are too few to tell cells apart
PDF = NotRead("a PDF document", _EXPORT)
PHOTOSHOP = NotRead("a Photoshop file", _EXPORT)
VIDEO = NotRead("a video", "save one frame of it as PNG")
RAW = NotRead("a camera's raw file", _EXPORT_RAW)
DICOM = NotRead("a DICOM file", _CONVERT)
CZI = NotRead("a Zeiss CZI file", _CONVERT)
ZVI = NotRead("a Zeiss ZVI file", _CONVERT)
ND2 = NotRead("a Nikon ND2 file", _CONVERT)
LIF = NotRead("a Leica LIF file", _CONVERT)
VSI = NotRead("an Olympus VSI file", _CONVERT)
OIR = NotRead("an Olympus microscope file", _CONVERT)

KNOWN_BUT_NOT_READ: dict[str, NotRead] = {
    ".avif": AVIF,
    **dict.fromkeys((".jp2", ".j2k"), JPEG_2000),
    ".jxl": JPEG_XL,
    ".gif": GIF,
    ".pdf": PDF,
    ".psd": PHOTOSHOP,
    **dict.fromkeys((".mp4", ".mov", ".avi"), VIDEO),
    **dict.fromkeys((".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2"), RAW),
    ".dcm": DICOM,
    ".czi": CZI,
    ".zvi": ZVI,
    ".nd2": ND2,
    **dict.fromkeys((".lif", ".lof"), LIF),
    ".vsi": VSI,
    **dict.fromkeys((".oib", ".oif", ".oir"), OIR),
}
"""Suffix in lower case → format."""

MARKS: tuple[tuple[int, bytes, NotRead], ...] = (
    (0, b"GIF8", GIF),
    (0, b"%PDF", PDF),
    (0, b"8BPS", PHOTOSHOP),
    (0, b"ZISRAWFILE", CZI),
    (0, b"\xda\xce\xbe\x0a", ND2),
    (0, b"\x70\0\0\0", LIF),
    (0, b"\0\0\0\x0cjP  ", JPEG_2000),
    (0, b"\xff\x4f\xff\x51", JPEG_2000),
    (0, b"\0\0\0\x0cJXL ", JPEG_XL),
    (0, b"\xff\x0a", JPEG_XL),
    *((4, b"ftyp" + brand, AVIF) for brand in (b"avif", b"avis")),
    (4, b"ftypcrx ", RAW),
    (4, b"ftyp", VIDEO),
    (128, b"DICM", DICOM),
)
"""Where in a file which bytes stand, and what they mean; the first that fits counts."""

PICTURES_BESIDE = frozenset({".vsi"})
"""Such a file begins as a TIFF does, with a small picture, and has its photograph in a folder beside it."""
