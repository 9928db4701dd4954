import io
import logging
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from hemolens.errors import PhotographError

from ..pictures import BLACK, PICTURE, PINK, TURNED, WHITE, encoded, lettered, noise, tiff


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_one_pixel_of_tiff_is_a_photograph(read, dtype):
    white = np.full((1, 1, 3), np.iinfo(dtype).max, dtype)
    assert read(tiff(white, photometric="rgb")).pixels.tolist() == [[list(WHITE)]]


def test_a_jpeg_of_ycbcr_in_a_tiff_is_read(read):
    flat = np.full((16, 16, 3), PINK, np.uint8)
    data = encoded(flat, "TIFF", compression="jpeg")
    assert np.abs(read(data).pixels.astype(int) - flat).max() <= 4


def test_a_tiff_whose_zero_is_white_is_turned_round(read):
    data = tiff(np.array([[0, 255]], np.uint8), photometric="miniswhite")
    assert read(data).pixels.tolist() == [[list(WHITE), list(BLACK)]]


def test_twelve_bits_in_sixteen_do_not_come_out_black(read):
    twelve = PICTURE.astype(np.uint16) * 16 + 15
    assert np.abs(read(tiff(twelve, photometric="rgb")).pixels.astype(int) - PICTURE).max() <= 1


def test_sixteen_bit_grey_tiff(read):
    data = tiff(np.array([[0, 257 * 100, 65535]], np.uint16))
    assert read(data).pixels[0, :, 0].tolist() == [0, 100, 255]


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "deflate"])
def test_sixteen_bit_colour_tiff(read, byteorder, compression):
    data = tiff(PICTURE.astype(np.uint16) * 257, photometric="rgb", byteorder=byteorder, compression=compression)
    assert np.array_equal(read(data).pixels, PICTURE)


def test_sixteen_bit_colour_tiff_with_predictor(read):
    data = tiff(PICTURE.astype(np.uint16) * 257, photometric="rgb", compression="deflate", predictor=True)
    assert np.array_equal(read(data).pixels, PICTURE)


def test_sixteen_bit_tiff_with_lzw_keeps_its_lower_bytes(read):
    import cv2

    twelve = np.array([[[4095, 0, 2048], [17, 1000, 4000]]], np.uint16)
    done, data = cv2.imencode(".tif", twelve[..., ::-1], [cv2.IMWRITE_TIFF_COMPRESSION, 5])
    assert done
    assert read(data.tobytes()).pixels.tolist() == [[[255, 0, 128], [1, 62, 249]]]


def test_sixteen_bit_tiff_with_alpha(read):
    rgba = np.array([[[0, 0, 0, 65535], [0, 0, 0, 0]]], np.uint16)
    data = tiff(rgba, photometric="rgb", extrasamples=["unassalpha"])
    assert read(data).pixels.tolist() == [[list(BLACK), list(WHITE)]]


def test_sixteen_bit_tiff_whose_zero_is_white(read):
    data = tiff(np.array([[0, 65535]], np.uint16), photometric="miniswhite")
    assert read(data).pixels.tolist() == [[list(WHITE), list(BLACK)]]


def test_the_depth_that_ome_states_is_used(read):
    data = tiff(np.array([[0, 1023]], np.uint16), ome=True, metadata={"axes": "YX", "SignificantBits": 12})
    assert read(data).pixels[0, :, 0].tolist() == [0, 64]


def test_a_float_tiff_runs_from_0_to_1(read):
    assert read(tiff(np.array([[0, 0.5, 1]], np.float32))).pixels[0, :, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize(("dtype", "compression"), [(np.uint8, None), (np.uint8, "deflate"), (np.uint16, None)])
@pytest.mark.parametrize("tile", [None, (16, 16)])
def test_channels_stored_apart(read, dtype, compression, tile):
    factor = 257 if dtype == np.uint16 else 1
    planes = (noise().astype(dtype) * dtype(factor)).transpose(2, 0, 1).copy()
    data = tiff(planes, photometric="rgb", planarconfig="separate", compression=compression, tile=tile)
    assert np.array_equal(read(data).pixels, noise())


def test_deep_channels_stored_apart_and_compressed_are_refused(read):
    planes = np.zeros((3, 8, 8), np.uint16)
    data = tiff(planes, photometric="rgb", planarconfig="separate", compression="deflate")
    with pytest.raises(PhotographError, match=r"not supported: got 'smear' \(compressed channels of 16 bits\)"):
        read(data)


@pytest.mark.parametrize("compression", ["tiff_lzw", "packbits", "tiff_adobe_deflate"])
def test_compressed_8_bit_tiff(read, compression):
    assert np.array_equal(read(encoded(noise(), "TIFF", compression=compression)).pixels, noise())


@pytest.mark.parametrize(
    ("code", "name"), [(50002, "JPEG XL"), (34887, "LERC"), (33003, "JPEG 2000 of YCbCr"), (4711, "")]
)
def test_a_compression_that_is_not_read_is_named(read, code, name):
    data = bytearray(tiff(PICTURE, photometric="rgb"))
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as file:
        at = file.pages.first.tags["Compression"].offset
    data[at + 8 : at + 10] = struct.pack("<H", code)
    name = name or f"compression {code}"
    with pytest.raises(PhotographError, match=rf"compression of this TIFF .*: got 'smear' \({name}\); .*with LZW"):
        read(bytes(data))


@pytest.mark.parametrize("compression", ["zstd", "lzma"])
def test_a_compression_that_is_not_read_for_16_bits_is_named(read, compression):
    pytest.importorskip("imagecodecs")
    data = tiff(PICTURE.astype(np.uint16), photometric="rgb", compression=compression)
    with pytest.raises(PhotographError, match=r"compression of this TIFF is not supported: .* of 16 bits a channel\)"):
        read(data)


def test_big_tiff(read):
    assert np.array_equal(read(tiff(PICTURE, photometric="rgb", bigtiff=True)).pixels, PICTURE)


def test_a_thumbnail_behind_the_photograph_is_passed_over(read):
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        writer.write(noise(), photometric="rgb", metadata=None)
        writer.write(noise(8, 10), photometric="rgb", metadata=None)
    assert np.array_equal(read(file.getvalue()).pixels, noise())


def test_a_smaller_copy_before_the_photograph_is_passed_over(read):
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        writer.write(noise(38, 48), photometric="rgb", subfiletype=1, metadata=None)
        writer.write(noise(), photometric="rgb", metadata=None)
    assert np.array_equal(read(file.getvalue()).pixels, noise())


def test_pyramid_levels_are_passed_over(read):
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        writer.write(noise(), photometric="rgb", subifds=1, metadata=None)
        writer.write(noise()[::2, ::2], photometric="rgb", subfiletype=1, metadata=None)
    assert np.array_equal(read(file.getvalue()).pixels, noise())


@pytest.mark.parametrize(
    "options", [{}, {"imagej": True, "metadata": {"axes": "ZYX"}}, {"ome": True, "metadata": {"axes": "ZYX"}}]
)
def test_a_stack_is_refused(read, options):
    stack = np.zeros((3, 8, 8), np.uint8)
    message = r"more than one photograph: got 'smear' \(3 planes\).* set plane to one of 1 … 3"
    with pytest.raises(PhotographError, match=message):
        read(tiff(stack, **{"photometric": "minisblack", **options}))


def red_lights(*lit):
    """Colour tables of ImageJ, from black to one light."""
    return [np.arange(256, dtype=np.uint8) * np.array([[i == light] for i in range(3)], np.uint8) for light in lit]


PLANES = np.ascontiguousarray(np.moveaxis(PICTURE, 2, 0))
COMPOSITE = {"axes": "CYX", "mode": "composite"}


@pytest.mark.parametrize(
    ("order", "options"),
    [
        ([0, 1, 2], {"imagej": True, "metadata": COMPOSITE}),
        ([0, 1, 2], {"imagej": True, "metadata": COMPOSITE | {"LUTs": red_lights(0, 1, 2)}}),
        ([2, 1, 0], {"imagej": True, "metadata": COMPOSITE | {"LUTs": red_lights(2, 1, 0)}}),
        ([1, 0, 2], {"ome": True, "metadata": {"axes": "CYX", "Channel": {"Name": ["Green", "Red", "Blue"]}}}),
        ([0, 2, 1], {"ome": True, "metadata": {"axes": "CYX", "Channel": {"Color": [-16776961, 65535, 16711935]}}}),
    ],
)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_colours_in_pages_of_their_own(read, order, options, dtype):
    planes = PLANES[order].astype(dtype) * dtype(257 if dtype == np.uint16 else 1)
    data = tiff(planes, photometric="minisblack", **options)
    assert np.array_equal(read(data).pixels, PICTURE)


@pytest.mark.parametrize(
    ("n_pages", "options"),
    [
        (3, {"imagej": True, "metadata": {"axes": "CYX", "mode": "grayscale"}}),
        (3, {"imagej": True, "metadata": COMPOSITE | {"LUTs": red_lights(0, 0, 2)}}),
        (2, {"imagej": True, "metadata": COMPOSITE}),
        (3, {"ome": True, "metadata": {"axes": "CYX", "Channel": {"Name": ["DAPI", "FITC", "Red"]}}}),
        (3, {"ome": True, "metadata": {"axes": "CYX"}}),
    ],
)
def test_channels_whose_colours_are_not_stated_are_refused(read, n_pages, options):
    data = tiff(np.zeros((n_pages, 8, 8), np.uint8), photometric="minisblack", **options)
    message = rf"not say which of its channels are red.*: got 'smear' \({n_pages} pages, each a channel\).* merge them"
    with pytest.raises(PhotographError, match=message):
        read(data)


IMAGEJ_STACK = {"imagej": True, "metadata": {"axes": "ZCYX", "mode": "composite"}}


def test_a_stack_of_composites_is_refused(read):
    data = tiff(np.zeros((2, 3, 8, 8), np.uint8), **IMAGEJ_STACK)
    with pytest.raises(PhotographError, match=r"more than one photograph: got 'smear' \(2 planes\)"):
        read(data)


@pytest.mark.parametrize("compression", [None, "lzw", "zlib"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_plane_of_colour_pages_is_read_by_its_number(read, dtype, compression):
    stack = np.stack([noise(), 255 - noise(), noise() // 2]).astype(dtype) * dtype(257 if dtype == np.uint16 else 1)
    data = tiff(stack, photometric="rgb", compression=compression)
    assert np.array_equal(read(data, plane=2).pixels, 255 - noise())


def ome_stack(axes):
    """Two planes of three channels as an OME-TIFF; the second plane is the negative of the first."""
    pages = np.stack([PLANES, 255 - PLANES], axis=axes.index("Z"))
    metadata = {"axes": axes, "Channel": {"Name": ["red", "green", "blue"]}}
    return tiff(pages, ome=True, photometric="minisblack", metadata=metadata)


@pytest.mark.parametrize(
    "data",
    [
        tiff(np.stack([PLANES, 255 - PLANES]), **IMAGEJ_STACK),
        ome_stack("ZCYX"),
        ome_stack("CZYX"),
    ],
    ids=["ImageJ", "OME, plane by plane", "OME, channel by channel"],
)
def test_a_plane_of_channels_in_pages_of_their_own_is_read_by_its_number(read, data):
    assert np.array_equal(read(data, plane=1).pixels, PICTURE)
    assert np.array_equal(read(data, plane=2).pixels, 255 - PICTURE)


@pytest.mark.parametrize(
    ("n_planes", "allowed"), [(1, "allowed: 1;"), (3, "allowed: 1 … 3;")], ids=["a photograph", "a stack"]
)
def test_a_plane_that_is_not_there_is_refused(read, n_planes, allowed):
    data = tiff(np.zeros((n_planes, 8, 8), np.uint8), photometric="minisblack")
    with pytest.raises(PhotographError, match=rf"the file has no such plane: got 'smear' \(plane 4\); {allowed}"):
        read(data, plane=4)


def test_the_first_plane_of_a_photograph_is_the_photograph(read):
    assert np.array_equal(read(tiff(PICTURE, photometric="rgb"), plane=1).pixels, PICTURE)


def test_pages_without_end_are_not_followed(read):
    data = b"II*\0\x08\0\0\0"
    for page in range(20_000):
        data += struct.pack("<HHHIII", 1, 256, 4, 1, 1, 8 + 18 * (page + 1))
    with pytest.raises(PhotographError, match=r"more than one photograph: got 'smear' \(more than 100 pages\)"):
        read(data)


def test_a_cameras_raw_file_is_refused(read):
    data = tiff(noise(), photometric="rgb", extratags=[(50706, 1, 4, b"\1\4\0\0", True)])
    with pytest.raises(PhotographError, match=r"not supported: got .*a camera's raw data.* export it as"):
        read(data)


def test_channels_of_an_unknown_kind_are_refused(read):
    data = tiff(np.zeros((4, 4), np.uint32))
    with pytest.raises(PhotographError, match=r"not supported: got 'smear' \(values of type uint32\)"):
        read(data)


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_tiff_orientation_is_applied_once(read, orientation, dtype):
    values = PICTURE.astype(dtype) * dtype(257 if dtype == np.uint16 else 1)
    data = tiff(values, photometric="rgb", extratags=[(274, 3, 1, orientation, True)])
    assert lettered(read(data).pixels) == TURNED[orientation]


def test_scale_from_ome(read):
    metadata = {"axes": "YXS", "PhysicalSizeX": 0.1, "PhysicalSizeY": 0.1}
    assert read(tiff(noise(), photometric="rgb", ome=True, metadata=metadata)).um_per_px == 0.1


def test_scale_from_ome_in_another_unit(read):
    metadata = {"axes": "YXS", "PhysicalSizeX": 65, "PhysicalSizeY": 65}
    metadata |= {"PhysicalSizeXUnit": "nm", "PhysicalSizeYUnit": "nm"}
    data = tiff(noise(), photometric="rgb", ome=True, metadata=metadata)
    assert read(data).um_per_px == pytest.approx(0.065)


@pytest.mark.parametrize("unit", ["um", "micron", "Micron", "micrometer", "Micrometers", r"\u00B5m", r"\u00b5m"])
def test_scale_from_imagej(read, unit):
    data = tiff(noise(), imagej=True, resolution=(8, 8), metadata={"unit": unit})
    assert read(data).um_per_px == pytest.approx(0.125)


def test_scale_from_pixels_per_centimetre(read):
    data = tiff(noise(), photometric="rgb", resolution=(100_000, 100_000), resolutionunit="CENTIMETER")
    assert read(data).um_per_px == pytest.approx(0.1)


@pytest.mark.parametrize("per_inch", [72, 300, 1200])
def test_a_printers_resolution_is_no_scale(read, per_inch):
    data = tiff(noise(), photometric="rgb", resolution=(per_inch, per_inch), resolutionunit="INCH")
    assert read(data).um_per_px is None


def test_oblong_pixels_are_no_scale(read):
    data = tiff(noise(), photometric="rgb", resolution=(100_000, 50_000), resolutionunit="CENTIMETER")
    assert read(data).um_per_px is None


@pytest.mark.parametrize("unit", ["pixel", "reference frame"])
def test_pixels_are_no_unit(read, unit):
    metadata = {"axes": "YXS", "PhysicalSizeX": 1.0, "PhysicalSizeY": 1.0}
    metadata |= {"PhysicalSizeXUnit": unit, "PhysicalSizeYUnit": unit}
    assert read(tiff(noise(), photometric="rgb", ome=True, metadata=metadata)).um_per_px is None


def test_harmful_xml_is_not_parsed(read):
    xml = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><OME><Pixels PhysicalSizeX="0.1"/></OME>'
    assert read(tiff(noise(), photometric="rgb", description=xml, metadata=None)).um_per_px is None


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "jpeg"])
def test_a_compressed_tiff_that_was_cut_short(read, compression):
    data = encoded(noise(), "TIFF", compression=compression)
    with pytest.raises(PhotographError, match="damaged or cut short"):
        read(data[: len(data) // 2])


@pytest.mark.parametrize("compression", [None, "deflate"])
def test_a_16_bit_tiff_that_was_cut_short(read, compression):
    data = tiff(noise().astype(np.uint16), photometric="rgb", compression=compression)
    with pytest.raises(PhotographError, match="damaged or cut short"):
        read(data[:-5])


def test_a_tiff_bomb_is_refused_by_its_header(read):
    data = bytearray(encoded(noise(), "TIFF"))
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as file:
        for name in ("ImageWidth", "ImageLength"):
            tag = file.pages[0].tags[name]
            data[tag.offset + 2 : tag.offset + 12] = struct.pack("<HII", 4, 1, 60_000)
    with pytest.raises(PhotographError, match=r"60000 × 60000 pixels.*at most 400000000 pixels"):
        read(bytes(data))


def test_deflated_parts_that_grow_beyond_the_picture_are_not_followed(read):
    bomb = zlib.compress(bytes(10_000_000), 9)
    data = bytearray(tiff(np.zeros((4, 4, 3), np.uint16), photometric="rgb", compression="deflate"))
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as file:
        offset, size = (file.pages[0].tags[name] for name in ("StripOffsets", "StripByteCounts"))
        data[offset.offset + 2 : offset.offset + 12] = struct.pack("<HII", 4, 1, len(data))
        data[size.offset + 2 : size.offset + 12] = struct.pack("<HII", 4, 1, len(bomb))
    assert read(bytes(data) + bomb).pixels.shape == (4, 4, 3)


def test_pillows_own_limit_on_tiff_is_a_photograph_error(read, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(PhotographError, match=r"too large: got .*; allowed: fewer pixels in a compressed TIFF"):
        read(encoded(noise(), "TIFF", compression="tiff_lzw"))


def test_nothing_is_logged_about_damage(read, caplog):
    with caplog.at_level(logging.WARNING), pytest.raises(PhotographError):
        read(tiff(noise(), photometric="rgb")[:60])
    assert caplog.records == []
