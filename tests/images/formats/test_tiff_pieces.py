import io
import struct

import numpy as np
import pytest
import tifffile

from hemolens.errors import PhotographError

from ..pictures import noise, tiff

pytest.importorskip("imagecodecs", reason="writes TIFF of JPEG 2000 and WebP: pip install 'hemolens[slides]'")

WITHOUT_LOSS = {"jpeg2000": {"reversible": True}, "webp": {"lossless": True}}


def packed(pixels, compression, **options):
    return tiff(pixels, compression=compression, compressionargs=WITHOUT_LOSS[compression], **options)


@pytest.mark.parametrize("compression", WITHOUT_LOSS)
@pytest.mark.parametrize("layout", [{}, {"rowsperstrip": 16}, {"tile": (16, 32)}])
def test_every_piece_comes_to_its_place(read, compression, layout):
    data = packed(noise(), compression, photometric="rgb", **layout)
    assert np.array_equal(read(data).pixels, noise())


def test_grey_whose_zero_is_white_is_turned_round(read):
    grey = noise()[..., 0]
    data = packed(grey, "jpeg2000", photometric="miniswhite")
    assert np.array_equal(read(data).pixels[..., 0], 255 - grey)


@pytest.mark.parametrize("compression", WITHOUT_LOSS)
def test_transparent_places_are_white(read, compression):
    rgba = np.dstack([noise(), np.full((40, 50), 255, np.uint8)])
    rgba[:5, :, 3] = 0
    pixels = read(packed(rgba, compression, photometric="rgb", extrasamples=["unassalpha"])).pixels
    assert (pixels[:5] == 255).all()
    assert np.array_equal(pixels[5:], noise()[5:])


def test_sixteen_bits_are_refused(read):
    data = packed(noise().astype(np.uint16), "jpeg2000", photometric="rgb")
    with pytest.raises(PhotographError, match=r"compression .* not supported: .*\(JPEG 2000 of 3 channels of 16 bits"):
        read(data)


def test_a_piece_of_another_size_is_refused(read):
    data = bytearray(packed(noise(), "jpeg2000", photometric="rgb"))
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as file:
        width = file.pages.first.tags["ImageWidth"].offset
    data[width + 2 : width + 12] = struct.pack("<HII", 4, 1, 60)
    with pytest.raises(PhotographError, match=r"damaged or cut short: got 'smear' \(a piece of 50 × 40 pixels\)"):
        read(bytes(data))
