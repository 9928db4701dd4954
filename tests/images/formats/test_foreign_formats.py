import pytest

from hemolens.errors import PhotographError
from hemolens.images.formats import KNOWN_BUT_NOT_READ, SUFFIXES
from hemolens.images.slides import LIBRARIES

from ..pictures import PICTURE, encoded


@pytest.mark.parametrize(
    ("start", "name", "do"),
    [
        (b"GIF89a", "a GIF image", "save or export it as PNG"),
        (b"%PDF-1.7", "a PDF document", "save or export it as PNG"),
        (b"\0\0\0\x20ftypavif", "an AVIF image", "save or export it as PNG"),
        (b"\0\0\0\x18ftypcrx ", "a camera's raw file", "export it as TIFF"),
        (b"\0\0\0\x20ftypisom", "a video", "save one frame of it"),
        (b"ZISRAWFILE", "a Zeiss CZI file", "bioformats2raw"),
        (b"\xda\xce\xbe\x0a", "a Nikon ND2 file", "bioformats2raw"),
        (b"\x70\0\0\0\x80\0\0\0*", "a Leica LIF file", "bioformats2raw"),
        (b"\0\0\0\x0cjP  \r\n", "a JPEG 2000 image", "save or export it as PNG"),
        (b"\xff\x0a", "a JPEG XL image", "save or export it as PNG"),
        (bytes(128) + b"DICM", "a DICOM file", "bioformats2raw"),
    ],
)
def test_a_foreign_format_is_named_with_what_to_do(read, start, name, do):
    with pytest.raises(PhotographError, match=rf"hemolens reads: got 'smear' \({name}\); allowed: a JPEG, .*; .*{do}"):
        read(start + bytes(100))


def test_a_vsi_file_is_no_tiff(read):
    with pytest.raises(PhotographError, match=r"got 'a\.VSI' \(an Olympus VSI file\); .*bioformats2raw"):
        read(encoded(PICTURE, "TIFF"), "a.VSI")


def test_what_is_read_is_not_among_what_is_not():
    assert not KNOWN_BUT_NOT_READ.keys() & (SUFFIXES | LIBRARIES.keys())
    assert all(suffix == suffix.lower() for suffix in KNOWN_BUT_NOT_READ)
