import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from hemolens.errors import PhotographError

from ..pictures import BLACK, PICTURE, PINK, WHITE, encoded, noise, swapping_profile


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


def test_lossless_webp_is_read_exactly(read):
    assert np.array_equal(read(encoded(PICTURE, "WEBP", lossless=True)).pixels, PICTURE)


@pytest.mark.parametrize("file_format", ["JPEG", "WEBP"])
def test_lossy_formats_are_read_closely(read, file_format):
    flat = np.full((16, 16, 3), PINK, np.uint8)
    assert np.abs(read(encoded(flat, file_format)).pixels.astype(int) - flat).max() <= 4


def test_a_progressive_jpeg_is_read(read):
    assert read(encoded(noise(), "JPEG", progressive=True)).pixels.shape == (40, 50, 3)


def test_a_phones_multi_picture_jpeg_gives_its_first_picture(read):
    first, second = (Image.fromarray(np.full((8, 8, 3), grey, np.uint8)) for grey in (200, 10))
    data = encoded(first, "MPO", save_all=True, append_images=[second])
    assert np.abs(read(data).pixels.astype(int) - 200).max() <= 2


def test_black_and_white_reaches_both_ends(read):
    image = Image.fromarray(np.array([[0, 255]], np.uint8)).convert("1")
    assert read(encoded(image, "PNG")).pixels.tolist() == [[list(BLACK), list(WHITE)]]


def test_grey_with_alpha_is_laid_over_white(read):
    image = Image.fromarray(np.array([[(100, 255), (100, 0)]], np.uint8), "LA")
    assert read(encoded(image, "PNG")).pixels.tolist() == [[[100] * 3, [255] * 3]]


def test_a_transparent_palette_entry_becomes_white(read):
    image = Image.new("P", (2, 1))
    image.putpalette([*PINK, *BLACK])
    image.putdata([0, 1])
    assert read(encoded(image, "PNG", transparency=1)).pixels.tolist() == [[list(PINK), list(WHITE)]]


def test_cmyk_with_magenta_ink_is_not_green(read):
    red, green, blue = read(encoded(Image.new("CMYK", (8, 8), (0, 200, 0, 0)), "JPEG")).pixels[4, 4]
    assert red > 240
    assert blue > 240
    assert green < 70


def test_an_adobe_cmyk_jpeg_is_stored_inverted_and_read_the_right_way_round(read):
    data = encoded(Image.new("CMYK", (8, 8), (0, 0, 0, 255)), "JPEG")
    assert b"Adobe" in data
    assert (read(data).pixels == 0).all()


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


@pytest.mark.parametrize("file_format", ["PNG", "WEBP"])
def test_an_animation_is_refused(read, file_format):
    frames = [Image.fromarray(np.full((8, 8, 3), grey, np.uint8)) for grey in (10, 200)]
    data = encoded(frames[0], file_format, save_all=True, append_images=frames[1:])
    with pytest.raises(PhotographError, match=r"more than one photograph: got .*an animation of 2 frames"):
        read(data)


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


def test_a_jpegs_colour_profile_is_converted(read):
    data = encoded(np.full((8, 8, 3), (240, 20, 20), np.uint8), "JPEG", icc_profile=swapping_profile())
    red, green, _ = read(data).pixels[4, 4]
    assert green > 200
    assert red < 60


def test_the_colour_profile_of_16_bits_is_converted(read):
    content = b"p\0\0" + zlib.compress(swapping_profile())
    data = png_of_16_bits(PICTURE.astype(np.uint16) * 257, png_chunk(b"iCCP", content))
    assert np.abs(read(data).pixels.astype(int) - PICTURE[..., [1, 0, 2]]).max() <= 2


@pytest.mark.parametrize(("file_format", "dpi"), [("JPEG", 50_800), ("PNG", 254_000), ("BMP", 254_000)])
def test_a_microscopes_dots_per_inch_are_its_scale(read, file_format, dpi):
    data = encoded(noise(), file_format, dpi=(dpi, dpi))
    assert read(data).um_per_px == pytest.approx(25_400 / dpi, rel=1e-4)


def test_the_scale_of_a_16_bit_png(read):
    density = png_chunk(b"pHYs", struct.pack(">IIB", 5_000_000, 5_000_000, 1))
    data = png_of_16_bits(PICTURE.astype(np.uint16) * 257, density)
    assert read(data).um_per_px == pytest.approx(0.2)


@pytest.mark.parametrize("dpi", [(72, 72), (96, 96), (300, 300), (2400, 2400), (50_800, 25_400)])
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "BMP"])
def test_a_printers_resolution_is_no_scale(read, file_format, dpi):
    assert read(encoded(noise(), file_format, dpi=dpi)).um_per_px is None


@pytest.mark.parametrize("density", [(0, 0, 1), (5_000_000, 5_000_000, 0)])
def test_a_density_of_nothing_is_no_scale(read, density):
    data = png_of_16_bits(PICTURE.astype(np.uint16), png_chunk(b"pHYs", struct.pack(">IIB", *density)))
    assert read(data).um_per_px is None


def test_a_jpeg_that_broke_off_into_zeros(read):
    data = encoded(noise(200, 200), "JPEG")
    with pytest.raises(PhotographError, match="the end of the image is missing"):
        read(data[: len(data) // 2] + bytes(len(data) - len(data) // 2))


def test_a_flipped_bit_in_a_png(read):
    data = bytearray(encoded(np.zeros((300, 300, 3), np.uint8), "PNG"))
    data[data.index(b"IDAT") + 30] ^= 1
    with pytest.raises(PhotographError, match=r"damaged or cut short: got .*IDAT"):
        read(bytes(data))


def test_a_png_bomb_is_refused_by_its_header(read):
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0))
    data = b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(b"")) + png_chunk(b"IEND", b"")
    message = r"too large: got 'smear' \(30000 × 30000 pixels\); allowed: at most 400000000 pixels; crop it"
    with pytest.raises(PhotographError, match=message):
        read(data)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "BMP"])
def test_pillows_own_limit_is_passed_by_and_left_alone(read, monkeypatch, file_format):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert read(encoded(noise(), file_format)).pixels.shape == (40, 50, 3)
    assert Image.MAX_IMAGE_PIXELS == 100


@pytest.mark.parametrize("rows", [b"", b"\5" + bytes(1000), zlib.compress(b"\0" * 7)[:-2]])
def test_damaged_pixels_of_16_bits_are_not_complained_about(read, capfd, rows):
    sound = png_of_16_bits(PICTURE.astype(np.uint16))
    start, end = sound.index(b"IDAT") - 4, sound.index(b"IEND") - 4
    damaged = sound[:start] + png_chunk(b"IDAT", rows if len(rows) < 20 else zlib.compress(rows)) + sound[end:]
    with pytest.raises(PhotographError, match="damaged or cut short"):
        read(damaged)
    assert capfd.readouterr() == ("", "")


def test_an_odd_profile_of_16_bits_is_not_complained_about(read, capfd):
    chunk = png_chunk(b"iCCP", b"p\0\0" + zlib.compress(b"not a profile"))
    assert np.array_equal(read(png_of_16_bits(PICTURE.astype(np.uint16) * 257, chunk)).pixels, PICTURE)
    assert capfd.readouterr() == ("", "")
