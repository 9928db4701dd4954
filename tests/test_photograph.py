import contextlib
import errno
import hashlib
import io
import logging
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image, ImageCms

from hemolens import photograph as module
from hemolens.errors import PhotographError
from hemolens.photograph import find_photographs, photograph_from_array, read_photograph

PINK, WHITE, BLACK = (230, 150, 160), (255, 255, 255), (0, 0, 0)

# 2 rows, 3 columns, every pixel another colour: any turn or swap shows
PICTURE = np.array(
    [
        [(250, 10, 20), (30, 240, 40), (50, 60, 230)],
        [(70, 80, 90), (200, 190, 180), (5, 120, 250)],
    ],
    dtype=np.uint8,
)


def noise(height=40, width=50):
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)


def encoded(image, file_format, **options):
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def tiff(array, **options):
    file = io.BytesIO()
    tifffile.imwrite(file, array, **options)
    return file.getvalue()


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Write bytes to a file and read them as a photograph."""
    monkeypatch.chdir(tmp_path)

    def write_and_read(data, name="smear"):
        Path(name).write_bytes(data)
        return read_photograph(name)

    return write_and_read


def png_chunk(kind, content, crc=None):
    crc = zlib.crc32(kind + content) if crc is None else crc
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)


def png_of_16_bits(samples, *extra_chunks):
    """Write big-endian samples (H, W, C), C = 1 … 4, as a PNG by hand: Pillow writes no 16-bit colour."""
    height, width, n_channels = samples.shape
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[n_channels]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    body = png_chunk(b"IHDR", header) + b"".join(extra_chunks) + png_chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + body + png_chunk(b"IEND", b"")


def swapping_profile():
    """Make an RGB profile whose red and green change places on the way to sRGB."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    n_tags = struct.unpack_from(">I", profile, 128)[0]
    entries = {bytes(profile[at : at + 4]): at for at in range(132, 132 + 12 * n_tags, 12)}
    red, green = entries[b"rXYZ"], entries[b"gXYZ"]
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


# ---------------------------------------------------------------- formats


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "BMP"])
def test_lossless_formats_are_read_exactly(read, file_format):
    assert np.array_equal(read(encoded(PICTURE, file_format)).pixels, PICTURE)


def test_lossless_webp_is_read_exactly(read):
    assert np.array_equal(read(encoded(PICTURE, "WEBP", lossless=True)).pixels, PICTURE)


@pytest.mark.parametrize("file_format", ["JPEG", "WEBP"])
def test_lossy_formats_are_read_closely(read, file_format):
    flat = np.full((16, 16, 3), PINK, np.uint8)
    assert np.abs(read(encoded(flat, file_format)).pixels.astype(int) - flat).max() <= 4


def test_a_progressive_jpeg_is_read(read):
    assert read(encoded(noise(), "JPEG", progressive=True)).pixels.shape == (40, 50, 3)


def test_the_format_is_known_by_the_content_and_not_by_the_suffix(read):
    assert np.array_equal(read(encoded(PICTURE, "PNG"), "smear.jpg").pixels, PICTURE)


def test_pixels_are_contiguous_rgb_of_8_bits(read):
    pixels = read(encoded(PICTURE, "PNG")).pixels
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous


def test_a_photograph_knows_its_name_path_and_hash(tmp_path):
    path = tmp_path / "Im001_1.png"
    path.write_bytes(encoded(PICTURE, "PNG"))
    photograph = read_photograph(str(path))
    assert (photograph.name, photograph.path) == ("Im001_1.png", path)
    assert photograph.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_one_pixel_is_a_photograph(read):
    assert read(encoded(np.full((1, 1, 3), PINK, np.uint8), "PNG")).pixels.tolist() == [[list(PINK)]]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_one_pixel_of_tiff_is_a_photograph(read, dtype):
    white = np.full((1, 1, 3), np.iinfo(dtype).max, dtype)
    assert read(tiff(white, photometric="rgb")).pixels.tolist() == [[list(WHITE)]]


def test_a_phones_multi_picture_jpeg_gives_its_first_picture(read):
    first, second = (Image.fromarray(np.full((8, 8, 3), grey, np.uint8)) for grey in (200, 10))
    data = encoded(first, "MPO", save_all=True, append_images=[second])
    assert np.abs(read(data).pixels.astype(int) - 200).max() <= 2


@settings(deadline=None, max_examples=60)
@given(arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=6).map(lambda side: (*side, 3))))
def test_png_keeps_every_pixel(tmp_path_factory, pixels):
    path = tmp_path_factory.mktemp("png") / "a.png"
    path.write_bytes(encoded(pixels, "PNG"))
    assert np.array_equal(read_photograph(path).pixels, pixels)


# ---------------------------------------------------------------- modes


def test_grey_becomes_three_equal_channels(read):
    grey = np.array([[0, 100, 255]], np.uint8)
    assert read(encoded(grey, "PNG")).pixels.tolist() == [[[0] * 3, [100] * 3, [255] * 3]]


def test_black_and_white_reaches_both_ends(read):
    image = Image.fromarray(np.array([[0, 255]], np.uint8)).convert("1")
    assert read(encoded(image, "PNG")).pixels.tolist() == [[list(BLACK), list(WHITE)]]


@pytest.mark.parametrize("file_format", ["PNG", "BMP", "TIFF"])
def test_a_palette_is_looked_up(read, file_format):
    image = Image.new("P", (2, 1))
    image.putpalette([*PINK, *WHITE])
    image.putdata([1, 0])
    assert read(encoded(image, file_format)).pixels.tolist() == [[list(WHITE), list(PINK)]]


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_alpha_is_laid_over_white(read, file_format):
    rgba = np.array([[(0, 0, 0, 255), (0, 0, 0, 0), (0, 0, 0, 51)]], np.uint8)
    assert read(encoded(rgba, file_format)).pixels.tolist() == [[[0] * 3, [255] * 3, [204] * 3]]


def test_grey_with_alpha_is_laid_over_white(read):
    image = Image.fromarray(np.array([[(100, 255), (100, 0)]], np.uint8), "LA")
    assert read(encoded(image, "PNG")).pixels.tolist() == [[[100] * 3, [255] * 3]]


def test_a_transparent_palette_entry_becomes_white(read):
    image = Image.new("P", (2, 1))
    image.putpalette([*PINK, *BLACK])
    image.putdata([0, 1])
    assert read(encoded(image, "PNG", transparency=1)).pixels.tolist() == [[list(PINK), list(WHITE)]]


def test_a_picture_that_is_transparent_everywhere_is_read_as_opaque(read):
    rgba = np.array([[(*PINK, 0), (*BLACK, 0)]], np.uint8)
    assert read(encoded(rgba, "PNG")).pixels.tolist() == [[list(PINK), list(BLACK)]]


@pytest.mark.parametrize("file_format", ["JPEG", "TIFF"])
def test_cmyk_without_ink_is_white(read, file_format):
    data = encoded(Image.new("CMYK", (8, 8), (0, 0, 0, 0)), file_format)
    assert (read(data).pixels == 255).all()


def test_cmyk_with_magenta_ink_is_not_green(read):
    red, green, blue = read(encoded(Image.new("CMYK", (8, 8), (0, 200, 0, 0)), "JPEG")).pixels[4, 4]
    assert red > 240
    assert blue > 240
    assert green < 70


def test_an_adobe_cmyk_jpeg_is_stored_inverted_and_read_the_right_way_round(read):
    data = encoded(Image.new("CMYK", (8, 8), (0, 0, 0, 255)), "JPEG")
    assert b"Adobe" in data
    assert (read(data).pixels == 0).all()


def test_a_jpeg_of_ycbcr_in_a_tiff_is_read(read):
    flat = np.full((16, 16, 3), PINK, np.uint8)
    data = encoded(flat, "TIFF", compression="jpeg")
    assert np.abs(read(data).pixels.astype(int) - flat).max() <= 4


def test_a_tiff_whose_zero_is_white_is_turned_round(read):
    data = tiff(np.array([[0, 255]], np.uint8), photometric="miniswhite")
    assert read(data).pixels.tolist() == [[list(WHITE), list(BLACK)]]


# ---------------------------------------------------------------- 16 bits


@pytest.mark.parametrize(("n_bits", "largest"), [(8, 255), (10, 1023), (12, 4095), (14, 16383), (16, 65535)])
def test_the_smallest_depth_that_fits_is_white(n_bits, largest):
    array = np.array([[0, largest // 2, largest]], np.uint16)
    black, middle, white = photograph_from_array(array).pixels[0, :, 0]
    assert (black, white) == (0, 255)
    assert abs(int(middle) - 127) <= 1


def test_twelve_bits_in_sixteen_do_not_come_out_black(read):
    twelve = PICTURE.astype(np.uint16) * 16 + 15
    assert np.abs(read(tiff(twelve, photometric="rgb")).pixels.astype(int) - PICTURE).max() <= 1


def test_sixteen_bit_grey_png(read):
    data = png_of_16_bits(np.array([[[0], [257 * 100], [65535]]], np.uint16))
    assert read(data).pixels[0, :, 0].tolist() == [0, 100, 255]


def test_sixteen_bit_colour_png(read):
    assert np.array_equal(read(png_of_16_bits(PICTURE.astype(np.uint16) * 257)).pixels, PICTURE)


def test_twelve_bits_in_a_sixteen_bit_colour_png(read):
    data = png_of_16_bits(np.array([[[4095, 0, 2048]]], np.uint16))
    assert read(data).pixels.tolist() == [[[255, 0, 128]]]


def test_sixteen_bit_colour_png_with_alpha(read):
    data = png_of_16_bits(np.array([[[0, 0, 0, 65535], [65535, 0, 0, 0]]], np.uint16))
    assert read(data).pixels.tolist() == [[list(BLACK), list(WHITE)]]


def test_sixteen_bit_grey_png_with_alpha(read):
    data = png_of_16_bits(np.array([[[257 * 100, 65535], [0, 0]]], np.uint16))
    assert read(data).pixels[0, :, 0].tolist() == [100, 255]


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


# ---------------------------------------------------------------- TIFF structure


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("compression", [None, "deflate"])
@pytest.mark.parametrize("tile", [None, (16, 16)])
def test_channels_stored_apart(read, dtype, compression, tile):
    factor = 257 if dtype == np.uint16 else 1
    planes = (noise().astype(dtype) * dtype(factor)).transpose(2, 0, 1).copy()
    data = tiff(planes, photometric="rgb", planarconfig="separate", compression=compression, tile=tile)
    assert np.array_equal(read(data).pixels, noise())


@pytest.mark.parametrize("compression", ["tiff_lzw", "packbits", "tiff_adobe_deflate"])
def test_compressed_8_bit_tiff(read, compression):
    assert np.array_equal(read(encoded(noise(), "TIFF", compression=compression)).pixels, noise())


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


def test_three_pages_that_ome_calls_channels_are_one_colour_photograph(read):
    planes = noise().transpose(2, 0, 1).copy()
    data = tiff(planes, photometric="minisblack", ome=True, metadata={"axes": "CYX"})
    assert np.array_equal(read(data).pixels, noise())


def test_three_pages_that_imagej_calls_channels_are_one_colour_photograph(read):
    data = tiff(noise().transpose(2, 0, 1).copy(), imagej=True, metadata={"axes": "CYX"})
    assert np.array_equal(read(data).pixels, noise())


def test_channels_on_pages_share_one_depth(read):
    planes = np.array([[[4095]], [[255]], [[0]]], np.uint16)
    data = tiff(planes, photometric="minisblack", ome=True, metadata={"axes": "CYX"})
    assert read(data).pixels.tolist() == [[[255, 16, 0]]]


@pytest.mark.parametrize(
    "options", [{}, {"imagej": True, "metadata": {"axes": "ZYX"}}, {"ome": True, "metadata": {"axes": "ZYX"}}]
)
def test_a_stack_is_refused(read, options):
    stack = np.zeros((3, 8, 8), np.uint8)
    message = r"more than one photograph: got 'smear' \(TIFF, 3 pages\).* file of its own"
    with pytest.raises(PhotographError, match=message):
        read(tiff(stack, **{"photometric": "minisblack", **options}))


@pytest.mark.parametrize("file_format", ["PNG", "WEBP"])
def test_an_animation_is_refused(read, file_format):
    frames = [Image.fromarray(np.full((8, 8, 3), grey, np.uint8)) for grey in (10, 200)]
    data = encoded(frames[0], file_format, save_all=True, append_images=frames[1:])
    with pytest.raises(PhotographError, match=r"more than one photograph: got .*an animation of 2 pictures"):
        read(data)


def test_a_cameras_raw_file_is_refused(read):
    data = tiff(noise(), photometric="rgb", extratags=[(50706, 1, 4, b"\1\4\0\0", True)])
    with pytest.raises(PhotographError, match=r"not read: got .*a camera's raw data.* export it as"):
        read(data)


def test_channels_of_an_unknown_kind_are_refused(read):
    data = tiff(np.zeros((4, 4), np.uint32))
    with pytest.raises(PhotographError, match=r"not read: got 'smear' \(TIFF, values of type uint32\)"):
        read(data)


# ---------------------------------------------------------------- orientation

TURNED = {  # the numbers are the pixels of ABC/DEF as each orientation shows them
    1: ["ABC", "DEF"],
    2: ["CBA", "FED"],
    3: ["FED", "CBA"],
    4: ["DEF", "ABC"],
    5: ["AD", "BE", "CF"],
    6: ["DA", "EB", "FC"],
    7: ["FC", "EB", "DA"],
    8: ["CF", "BE", "AD"],
}


def lettered(pixels):
    names = {tuple(colour): letter for colour, letter in zip(PICTURE.reshape(-1, 3).tolist(), "ABCDEF", strict=True)}
    return ["".join(names[tuple(colour)] for colour in row) for row in pixels.tolist()]


@pytest.mark.parametrize("orientation", TURNED)
def test_exif_orientation_is_applied(read, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    assert lettered(read(encoded(PICTURE, "PNG", exif=exif)).pixels) == TURNED[orientation]


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_tiff_orientation_is_applied_once(read, orientation, dtype):
    values = PICTURE.astype(dtype) * dtype(257 if dtype == np.uint16 else 1)
    data = tiff(values, photometric="rgb", extratags=[(274, 3, 1, orientation, True)])
    assert lettered(read(data).pixels) == TURNED[orientation]


def test_a_jpegs_orientation_is_applied(read):
    exif = Image.Exif()
    exif[274] = 6
    assert read(encoded(noise(), "JPEG", exif=exif)).pixels.shape == (50, 40, 3)


def test_a_webps_orientation_is_applied(read):
    exif = Image.Exif()
    exif[274] = 6
    assert read(encoded(noise(), "WEBP", exif=exif)).pixels.shape == (50, 40, 3)


def test_damaged_exif_does_not_stop_reading(read):
    data = encoded(noise(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert read(data).pixels.shape == (40, 50, 3)


# ---------------------------------------------------------------- colour profiles


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_a_colour_profile_is_converted_to_srgb(read, file_format):
    pixels = read(encoded(PICTURE, file_format, icc_profile=swapping_profile())).pixels
    assert np.abs(pixels.astype(int) - PICTURE[..., [1, 0, 2]]).max() <= 2


def test_a_jpegs_colour_profile_is_converted(read):
    data = encoded(np.full((8, 8, 3), (240, 20, 20), np.uint8), "JPEG", icc_profile=swapping_profile())
    red, green, _ = read(data).pixels[4, 4]
    assert green > 200
    assert red < 60


def test_the_colour_profile_of_16_bits_is_converted(read):
    content = b"p\0\0" + zlib.compress(swapping_profile())
    data = png_of_16_bits(PICTURE.astype(np.uint16) * 257, png_chunk(b"iCCP", content))
    assert np.abs(read(data).pixels.astype(int) - PICTURE[..., [1, 0, 2]]).max() <= 2


def test_an_srgb_profile_changes_nothing(read):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert np.array_equal(read(encoded(noise(), "PNG", icc_profile=profile)).pixels, noise())


def test_a_damaged_profile_does_not_stop_reading(read):
    assert np.array_equal(read(encoded(PICTURE, "TIFF", icc_profile=b"not a profile")).pixels, PICTURE)


def test_a_profile_chunk_with_a_wrong_checksum_does_not_stop_reading(read):
    chunk = png_chunk(b"iCCP", b"p\0\0" + zlib.compress(swapping_profile()), crc=0)
    assert np.array_equal(read(png_of_16_bits(PICTURE.astype(np.uint16) * 257, chunk)).pixels, PICTURE)


def test_a_profile_for_other_colours_is_ignored(read):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert np.array_equal(read(encoded(PICTURE, "PNG", icc_profile=lab)).pixels, PICTURE)


def test_an_rgb_profile_on_grey_keeps_it_grey(read):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encoded(np.array([[0, 100, 255]], np.uint8), "PNG", icc_profile=profile)
    assert read(data).pixels[0, :, 0].tolist() == [0, 100, 255]


# ---------------------------------------------------------------- scale


def test_scale_from_ome(read):
    metadata = {"axes": "YXS", "PhysicalSizeX": 0.1, "PhysicalSizeY": 0.1}
    assert read(tiff(noise(), photometric="rgb", ome=True, metadata=metadata)).um_per_px == 0.1


def test_scale_from_ome_in_another_unit(read):
    metadata = {"axes": "YXS", "PhysicalSizeX": 65, "PhysicalSizeY": 65}
    metadata |= {"PhysicalSizeXUnit": "nm", "PhysicalSizeYUnit": "nm"}
    data = tiff(noise(), photometric="rgb", ome=True, metadata=metadata)
    assert read(data).um_per_px == pytest.approx(0.065)


def test_scale_from_imagej(read):
    data = tiff(noise(), imagej=True, resolution=(8, 8), metadata={"unit": "um"})
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


def test_a_jpeg_has_no_scale(read):
    assert read(encoded(noise(), "JPEG", dpi=(100_000, 100_000))).um_per_px is None


def test_harmful_xml_is_not_parsed(read):
    xml = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><OME><Pixels PhysicalSizeX="0.1"/></OME>'
    assert read(tiff(noise(), photometric="rgb", description=xml, metadata=None)).um_per_px is None


# ---------------------------------------------------------------- bad files


def test_a_missing_file(tmp_path):
    with pytest.raises(PhotographError, match=r"no such photograph: got '.*Im9\.jpg'; allowed: .*check the name"):
        read_photograph(tmp_path / "Im9.jpg")


def test_a_folder(tmp_path):
    with pytest.raises(PhotographError, match=r"a folder is not a photograph: got .*; allowed: .*; name a file"):
        read_photograph(tmp_path)


def test_an_empty_file(read):
    with pytest.raises(PhotographError, match=r"is empty: got 'smear' of 0 bytes; allowed: .*; copy or export"):
        read(b"")


def test_a_file_that_is_no_image(read):
    message = r"not a photograph that hemolens reads: got 'smear' \(not an image\); allowed: a JPEG, PNG"
    with pytest.raises(PhotographError, match=message):
        read(b"rbc,wbc,plt\n")


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"GIF89a", "a GIF picture"),
        (b"\0\0\0\x20ftypheic", "a HEIC, AVIF or video file"),
        (b"%PDF-1.7", "a PDF document"),
        (b"ZISRAWFILE", "a Zeiss CZI file"),
        (bytes(128) + b"DICM", "a DICOM file"),
    ],
)
def test_a_foreign_format_is_named(read, start, name):
    with pytest.raises(PhotographError, match=rf"got 'smear' \({name}\); allowed: .*; save or export it as PNG"):
        read(start + bytes(100))


@pytest.mark.parametrize("missing", [1, 2, 20, 0.5, 0.9])
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF", "BMP", "WEBP"])
def test_a_file_that_was_cut_short(read, file_format, missing):
    data = encoded(noise(40, 52), file_format)  # BMP fills rows up to four bytes: 52 needs no filling
    kept = len(data) - (missing if missing >= 1 else int(len(data) * missing))
    with pytest.raises(PhotographError, match=r"damaged or cut short: got .*; allowed: a complete file; copy or"):
        read(data[:kept])


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


def test_a_jpeg_that_broke_off_into_zeros(read):
    data = encoded(noise(200, 200), "JPEG")
    with pytest.raises(PhotographError, match="the end of the picture is missing"):
        read(data[: len(data) // 2] + bytes(len(data) - len(data) // 2))


def test_a_flipped_bit_in_a_png(read):
    data = bytearray(encoded(np.zeros((300, 300, 3), np.uint8), "PNG"))
    data[data.index(b"IDAT") + 30] ^= 1
    with pytest.raises(PhotographError, match="chunk IDAT is damaged"):
        read(bytes(data))


def test_a_png_bomb_is_refused_by_its_header(read):
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0))
    data = b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(b"")) + png_chunk(b"IEND", b"")
    message = r"too large: got 'smear' \(PNG, 30000 × 30000 pixels\); allowed: at most 400000000 pixels; crop it"
    with pytest.raises(PhotographError, match=message):
        read(data)


def test_a_tiff_bomb_is_refused_by_its_header(read):
    data = bytearray(encoded(noise(), "TIFF"))
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as file:
        for name in ("ImageWidth", "ImageLength"):
            tag = file.pages[0].tags[name]
            data[tag.offset + 2 : tag.offset + 12] = struct.pack("<HII", 4, 1, 60_000)
    with pytest.raises(PhotographError, match=r"60000 × 60000 pixels.*at most 400000000 pixels"):
        read(bytes(data))


def test_deflated_parts_that_grow_beyond_the_picture_are_refused(read):
    bomb = zlib.compress(bytes(10_000_000), 9)
    data = bytearray(tiff(np.zeros((4, 4, 3), np.uint16), photometric="rgb", compression="deflate"))
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as file:
        offset, size = (file.pages[0].tags[name] for name in ("StripOffsets", "StripByteCounts"))
        data[offset.offset + 2 : offset.offset + 12] = struct.pack("<HII", 4, 1, len(data))
        data[size.offset + 2 : size.offset + 12] = struct.pack("<HII", 4, 1, len(bomb))
    with pytest.raises(PhotographError, match=r"too large: got .*compressed parts larger than the picture"):
        read(bytes(data) + bomb)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF", "BMP", "WEBP"])
def test_every_format_obeys_the_limit(read, monkeypatch, file_format):
    monkeypatch.setattr(module, "MAX_PIXELS", 1999)
    with pytest.raises(PhotographError, match="the photograph is too large"):
        read(encoded(noise(), file_format))


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "BMP"])
def test_pillows_own_limit_is_passed_by_and_left_alone(read, monkeypatch, file_format):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert read(encoded(noise(), file_format)).pixels.shape == (40, 50, 3)
    assert Image.MAX_IMAGE_PIXELS == 100


def test_pillows_own_limit_on_tiff_is_a_photograph_error(read, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(PhotographError, match=r"too large: got .*; allowed: fewer pixels in a compressed TIFF"):
        read(encoded(noise(), "TIFF", compression="tiff_lzw"))


def test_a_file_that_is_too_large_is_not_read(read, monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", 10)
    with pytest.raises(PhotographError, match=r"too large: got 'smear' of \d+ bytes; allowed: at most 10 bytes"):
        read(encoded(noise(), "PNG"))


def test_a_file_that_may_not_be_opened(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(encoded(PICTURE, "PNG"))

    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(PhotographError, match=r"may not be opened: got .*; allowed: a file you may read; change its"):
        read_photograph(path)


def test_a_disk_that_fails(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(encoded(PICTURE, "PNG"))

    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(PhotographError, match=r"cannot be read: got .*\(Input/output error\); allowed: .*disk"):
        read_photograph(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(PhotographError, match="not an ordinary file: got"):
        read_photograph(tmp_path / "pipe.png")


@pytest.mark.parametrize("name", ["a\nb.jpg", "a\x1b[31mb.jpg", "a\u2028b.jpg", "a\0b.jpg", "a\udcffb.jpg"])
def test_a_strange_name_stays_on_one_printable_line(tmp_path, name):
    with pytest.raises(PhotographError) as caught:
        read_photograph(tmp_path / name)
    assert str(caught.value).isprintable()


def test_floats_that_leave_0_to_1_name_the_file(read):
    message = r"values are not those of a photograph: got 'smear' \(TIFF, floats from 0 to 255\); allowed: 0 … 1"
    with pytest.raises(PhotographError, match=message):
        read(tiff(np.array([[0, 255]], np.float32)))


STARTS = [b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"BM"]


@settings(deadline=None, max_examples=60)
@given(st.sampled_from([*STARTS, b"RIFF\x40\0\0\0WEBPVP8 "]), st.binary(max_size=300))
def test_random_bytes_raise_a_photograph_error_and_nothing_else(tmp_path_factory, start, rest):
    path = tmp_path_factory.mktemp("bytes") / "a"
    path.write_bytes(start + rest)
    with pytest.raises(PhotographError):
        read_photograph(path)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(["JPEG", "PNG", "TIFF", "BMP", "WEBP"]),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_damage_gives_a_photograph_or_a_photograph_error(tmp_path_factory, file_format, damage):
    data = bytearray(encoded(noise(6, 7), file_format))
    for where, value in damage:
        data[int(where * len(data))] = value
    path = tmp_path_factory.mktemp("damaged") / "a"
    path.write_bytes(bytes(data))
    with contextlib.suppress(PhotographError):
        assert read_photograph(path).pixels.ndim == 3


def test_nothing_is_logged_about_damage(read, caplog):
    with caplog.at_level(logging.WARNING), pytest.raises(PhotographError):
        read(tiff(noise(), photometric="rgb")[:60])
    assert caplog.records == []


# ---------------------------------------------------------------- arrays


def test_a_colour_array_is_taken_as_it_is():
    assert np.array_equal(photograph_from_array(PICTURE).pixels, PICTURE)


def test_an_array_has_a_name_and_the_hash_of_its_bytes():
    photograph = photograph_from_array(PICTURE, name="field 3")
    assert (photograph.name, photograph.path, photograph.um_per_px) == ("field 3", None, None)
    assert photograph.sha256 == hashlib.sha256(PICTURE.tobytes()).hexdigest()


def test_a_photograph_does_not_share_the_callers_array():
    array = PICTURE.copy()
    photograph = photograph_from_array(array)
    array[:] = 0
    assert np.array_equal(photograph.pixels, PICTURE)


def test_the_callers_array_is_left_alone():
    array = np.array([[0.0, 1.0]])
    photograph_from_array(array)
    assert array.tolist() == [[0.0, 1.0]]


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array([[0, 255]], np.uint8), [0, 255]),
        (np.array([[[0], [255]]], np.uint8), [0, 255]),
        (np.array([[False, True]]), [0, 255]),
        (np.array([[0, 0.5, 1]], np.float64), [0, 128, 255]),
        (np.array([[0, 1]], np.float16), [0, 255]),
        (np.array([[0, 65535]], ">u2"), [0, 255]),
    ],
)
def test_types_of_arrays(array, expected):
    assert photograph_from_array(array).pixels[0, :, 0].tolist() == expected


def test_an_array_with_alpha_is_laid_over_white():
    array = np.array([[(0, 0, 0, 255), (0, 0, 0, 0)]], np.uint8)
    assert photograph_from_array(array).pixels.tolist() == [[list(BLACK), list(WHITE)]]


def test_rounding_above_1_is_forgiven():
    assert photograph_from_array(np.full((1, 1), 1 + 1e-7)).pixels.max() == 255


def test_a_view_with_gaps_is_taken():
    assert np.array_equal(photograph_from_array(PICTURE[:, ::-2]).pixels, PICTURE[:, ::-2])


@pytest.mark.parametrize("shape", [(3,), (2, 2, 2), (2, 2, 5), (1, 2, 2, 3), ()])
def test_other_shapes_are_refused(shape):
    with pytest.raises(PhotographError, match=r"shape of a photograph: got shape \(.*; allowed: \(H, W\), .*; convert"):
        photograph_from_array(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("shape", [(0, 0), (0, 5, 3), (5, 0, 3)])
def test_arrays_without_pixels_are_refused(shape):
    with pytest.raises(PhotographError, match=r"has no pixels: got shape .*; allowed: .*; convert"):
        photograph_from_array(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("dtype", [np.int64, np.int16, np.uint32, np.complex64, object, "U1"])
def test_other_types_are_refused(dtype):
    with pytest.raises(
        PhotographError, match=r"type that photographs have: got shape \(2, 2\) of .*; allowed: .*uint8"
    ):
        photograph_from_array(np.zeros((2, 2), dtype))


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.5, 255.0])
def test_floats_that_are_no_brightness_are_refused(value):
    with pytest.raises(PhotographError, match=r"not those of a photograph: got floats from .*; allowed: 0 … 1; divide"):
        photograph_from_array(np.array([[0.0, value]]))


def test_what_is_not_an_array_is_refused():
    with pytest.raises(PhotographError, match=r"must be a numpy array: got a list; allowed: .*; convert"):
        photograph_from_array([[1, 2]])


# ---------------------------------------------------------------- finding


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Make a folder of empty files, named by the test, and stand in it."""
    monkeypatch.chdir(tmp_path)

    def make(*names):
        for name in names:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).touch()
        return tmp_path

    return make


def names(found):
    return [item.found.as_posix() if isinstance(item.found, Path) else "error" for item in found]


def test_a_file_is_found(folder):
    folder("a.jpg")
    assert names(find_photographs(["a.jpg"])) == ["a.jpg"]


def test_a_file_with_any_suffix_is_taken_when_it_is_named(folder):
    folder("scan.dat")
    assert names(find_photographs([Path("scan.dat")])) == ["scan.dat"]


def test_a_folder_gives_its_photographs_in_natural_order(folder):
    folder("d/Im10.jpg", "d/Im2.jpg", "d/im1.PNG", "d/Im2b.tif")
    assert names(find_photographs(["d"])) == ["d/im1.PNG", "d/Im2.jpg", "d/Im2b.tif", "d/Im10.jpg"]


def test_a_folder_is_not_searched_deeper_and_hidden_and_other_files_are_skipped(folder):
    folder("d/a.jpg", "d/deeper/b.jpg", "d/.hidden.jpg", "d/._a.jpg", "d/notes.txt", "d/e.jpg/f.txt")
    assert names(find_photographs(["d"])) == ["d/a.jpg"]


@pytest.mark.parametrize("suffix", [".jpg", ".JPEG", ".png", ".tif", ".ome.tiff", ".bmp", ".webp"])
def test_known_suffixes(folder, suffix):
    folder(f"d/a{suffix}")
    assert names(find_photographs(["d"])) == [f"d/a{suffix}"]


def test_a_pattern_gives_what_matches_in_natural_order(folder):
    folder("Im10.jpg", "Im2.jpg", "Im1.txt", "other.jpg")
    assert names(find_photographs(["Im*"])) == ["Im2.jpg", "Im10.jpg"]


def test_an_absolute_pattern_works(folder):
    root = folder("a.jpg")
    assert names(find_photographs([f"{root}/*.jpg"])) == [(root / "a.jpg").as_posix()]


def test_a_pattern_reaches_deeper_with_two_stars(folder):
    folder("d/a.jpg", "d/e/b.jpg")
    assert names(find_photographs(["d/**/*.jpg"])) == ["d/a.jpg", "d/e/b.jpg"]


def test_a_literal_name_comes_before_a_pattern(folder):
    folder("smear[1].jpg", "smear1.jpg")
    assert names(find_photographs(["smear[1].jpg"])) == ["smear[1].jpg"]


def test_a_literal_folder_with_brackets_comes_before_a_pattern(folder):
    folder("day[1]/a.jpg", "day1/b.jpg")
    assert names(find_photographs(["day[1]"])) == ["day[1]/a.jpg"]


def test_a_missing_file_is_kept_so_that_reading_it_fails(folder):
    folder("b.jpg")
    assert names(find_photographs(["missing.jpg", "b.jpg"])) == ["missing.jpg", "b.jpg"]


def test_a_broken_link_in_a_folder_is_kept_so_that_reading_it_fails(folder):
    folder("d/a.jpg")
    Path("d/b.jpg").symlink_to("gone.jpg")
    assert names(find_photographs(["d"])) == ["d/a.jpg", "d/b.jpg"]


def test_a_broken_link_is_not_taken_for_a_pattern(folder):
    folder("b1.jpg")
    Path("b[1].jpg").symlink_to("gone.jpg")
    assert names(find_photographs(["b[1].jpg"])) == ["b[1].jpg"]


def test_a_folder_without_photographs_is_one_error_among_the_others(folder):
    folder("a.jpg", "d/notes.txt")
    found = find_photographs(["d", "a.jpg"])
    assert names(found) == ["error", "a.jpg"]
    assert found[0].argument == "d"
    assert str(found[0].found).startswith("the folder holds no photograph: got 'd'; allowed: a folder,")


def test_a_pattern_without_matches_is_one_error_among_the_others(folder):
    folder("a.jpg", "b.txt")
    found = find_photographs(["b*", "a.jpg"])
    assert names(found) == ["error", "a.jpg"]
    assert str(found[0].found).startswith("no photograph has such a name: got 'b*'; allowed: a folder,")


def test_a_folder_that_cannot_be_read_is_an_error(folder, monkeypatch):
    folder("d/a.jpg")

    def refuse(_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    (item,) = find_photographs(["d"])
    assert str(item.found).startswith("the folder cannot be read: got 'd' (Permission denied); allowed:")


@pytest.mark.parametrize("argument", ["", "  "])
def test_an_empty_argument_does_not_mean_the_current_folder(folder, argument):
    folder("a.jpg")
    (item,) = find_photographs([argument])
    assert str(item.found).startswith("the name of a photograph is empty: got '")


def test_the_same_file_is_given_once(folder):
    root = folder("d/a.jpg")
    Path("link.jpg").symlink_to("d/a.jpg")
    arguments = ["d/a.jpg", "d", "d/../d/a.jpg", "*/a.jpg", root / "d" / "a.jpg", "link.jpg"]
    assert names(find_photographs(arguments)) == ["d/a.jpg"]


def test_files_of_one_name_in_two_folders_are_two(folder):
    folder("d/a.jpg", "e/a.jpg")
    assert names(find_photographs(["d", "e"])) == ["d/a.jpg", "e/a.jpg"]


def test_the_order_of_the_arguments_is_kept(folder):
    folder("b.jpg", "a.jpg")
    assert names(find_photographs(["b.jpg", "a.jpg"])) == ["b.jpg", "a.jpg"]


def test_no_argument_finds_nothing():
    assert find_photographs([]) == []


def test_a_null_byte_in_a_name_is_left_to_reading(folder):
    folder()
    assert names(find_photographs(["a\0*.jpg"])) == ["a\0*.jpg"]
