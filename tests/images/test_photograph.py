import contextlib
import errno
import hashlib
import io
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image, ImageCms

from hemolens.errors import PhotographError
from hemolens.images import photograph as module
from hemolens.images.photograph import photograph_from_array, photograph_from_memory, read_photograph

from .pictures import BLACK, PICTURE, PINK, TURNED, WHITE, encoded, lettered, noise, swapping_profile, tiff


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "BMP"])
def test_lossless_formats_are_read_exactly(read, file_format):
    assert np.array_equal(read(encoded(PICTURE, file_format)).pixels, PICTURE)


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


@settings(max_examples=60)
@given(arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=6).map(lambda side: (*side, 3))))
def test_png_keeps_every_pixel(tmp_path_factory, pixels):
    path = tmp_path_factory.mktemp("png") / "a.png"
    path.write_bytes(encoded(pixels, "PNG"))
    assert np.array_equal(read_photograph(path).pixels, pixels)


def test_grey_becomes_three_equal_channels(read):
    grey = np.array([[0, 100, 255]], np.uint8)
    assert read(encoded(grey, "PNG")).pixels.tolist() == [[[0] * 3, [100] * 3, [255] * 3]]


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


def test_a_picture_that_is_transparent_everywhere_is_read_as_opaque(read):
    rgba = np.array([[(*PINK, 0), (*BLACK, 0)]], np.uint8)
    assert read(encoded(rgba, "PNG")).pixels.tolist() == [[list(PINK), list(BLACK)]]


@pytest.mark.parametrize("file_format", ["JPEG", "TIFF"])
def test_cmyk_without_ink_is_white(read, file_format):
    data = encoded(Image.new("CMYK", (8, 8), (0, 0, 0, 0)), file_format)
    assert (read(data).pixels == 255).all()


@pytest.mark.parametrize(("n_bits", "largest"), [(8, 255), (10, 1023), (12, 4095), (14, 16383), (16, 65535)])
def test_the_smallest_depth_that_fits_is_white(n_bits, largest):
    array = np.array([[0, largest // 2, largest]], np.uint16)
    black, middle, white = photograph_from_array(array).pixels[0, :, 0]
    assert (black, white) == (0, 255)
    assert abs(int(middle) - 127) <= 1


@pytest.mark.parametrize("orientation", TURNED)
def test_exif_orientation_is_applied(read, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    assert lettered(read(encoded(PICTURE, "PNG", exif=exif)).pixels) == TURNED[orientation]


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_a_colour_profile_is_converted_to_srgb(read, file_format):
    pixels = read(encoded(PICTURE, file_format, icc_profile=swapping_profile())).pixels
    assert np.abs(pixels.astype(int) - PICTURE[..., [1, 0, 2]]).max() <= 2


def test_an_srgb_profile_changes_nothing(read):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert np.array_equal(read(encoded(noise(), "PNG", icc_profile=profile)).pixels, noise())


def test_a_damaged_profile_does_not_stop_reading(read):
    assert np.array_equal(read(encoded(PICTURE, "TIFF", icc_profile=b"not a profile")).pixels, PICTURE)


def test_a_profile_for_other_colours_is_ignored(read):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert np.array_equal(read(encoded(PICTURE, "PNG", icc_profile=lab)).pixels, PICTURE)


def test_an_rgb_profile_on_grey_keeps_it_grey(read):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encoded(np.array([[0, 100, 255]], np.uint8), "PNG", icc_profile=profile)
    assert read(data).pixels[0, :, 0].tolist() == [0, 100, 255]


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
    message = r"not a file format that hemolens reads: got 'smear' \(not an image\); allowed: a JPEG, PNG"
    with pytest.raises(PhotographError, match=message):
        read(b"rbc,wbc,plt\n")


@pytest.mark.parametrize("missing", [1, 2, 20, 0.5, 0.9])
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF", "BMP", "WEBP"])
def test_a_file_that_was_cut_short(read, file_format, missing):
    data = encoded(noise(40, 52), file_format)  # BMP fills rows up to four bytes: 52 needs no filling
    kept = len(data) - (missing if missing >= 1 else int(len(data) * missing))
    with pytest.raises(PhotographError, match=r"damaged or cut short: got .*; allowed: a complete file; copy or"):
        read(data[:kept])


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF", "BMP", "WEBP"])
def test_every_format_obeys_the_limit(read, monkeypatch, file_format):
    monkeypatch.setattr(module, "MAX_PIXELS", 1999)
    with pytest.raises(PhotographError, match="the photograph is too large"):
        read(encoded(noise(), file_format))


def test_no_more_memory_is_taken_than_the_file_needs(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(encoded(PICTURE, "PNG"))
    tracemalloc.start()
    read_photograph(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_a_large_picture_in_too_few_bytes_is_refused(tmp_path, monkeypatch, file_format):
    monkeypatch.setattr("hemolens.images.formats.stored_picture.ALWAYS_READ_PX", 1000)
    options = {"compression": "tiff_adobe_deflate"} if file_format == "TIFF" else {}
    path = tmp_path / "a"
    path.write_bytes(encoded(np.full((400, 500, 3), WHITE, np.uint8), file_format, **options))
    message = r"too small for an image of this size: got '.*a' \(500 × 400 pixels in \d+ bytes\); allowed: at most 9 "
    with pytest.raises(PhotographError, match=message):
        read_photograph(path, max_pixels_per_byte=9)
    assert read_photograph(path, max_pixels_per_byte=None).shape == (400, 500)
    path.write_bytes(encoded(noise(), file_format))
    assert read_photograph(path, max_pixels_per_byte=9).shape == (40, 50)


def test_a_file_that_is_too_large_is_not_read(read, monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", 10)
    with pytest.raises(PhotographError, match=r"too large: got 'smear' of \d+ bytes; allowed: at most 10 bytes"):
        read(encoded(noise(), "PNG"))


def test_a_disk_that_fails(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(encoded(PICTURE, "PNG"))

    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(PhotographError, match=r"cannot be read: got .*\(Input/output error\); allowed: .*disk"):
        read_photograph(path)


@pytest.mark.posix("named pipes")
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
    message = r"values are out of range for a photograph: got 'smear' \(floats from 0 to 255\); allowed: 0 … 1"
    with pytest.raises(PhotographError, match=message):
        read(tiff(np.array([[0, 255]], np.float32)))


STARTS = [b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"BM"]


@settings(max_examples=60)
@given(st.sampled_from([*STARTS, b"RIFF\x40\0\0\0WEBPVP8 "]), st.binary(max_size=300))
def test_random_bytes_raise_a_photograph_error_and_nothing_else(tmp_path_factory, start, rest):
    path = tmp_path_factory.mktemp("bytes") / "a"
    path.write_bytes(start + rest)
    with pytest.raises(PhotographError):
        read_photograph(path)


@settings(max_examples=60)
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
        PhotographError, match=r"dtype of the array is not supported: got shape \(2, 2\) of .*; allowed: .*uint8"
    ):
        photograph_from_array(np.zeros((2, 2), dtype))


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.5, 255.0])
def test_floats_that_are_no_brightness_are_refused(value):
    with pytest.raises(PhotographError, match=r"for a photograph: got floats from .*; allowed: 0 … 1; divide"):
        photograph_from_array(np.array([[0.0, value]]))


@pytest.mark.parametrize(("picture", "kind"), [([[1, 2]], "list"), (None, "NoneType"), (b"a.jpg", "bytes")])
def test_what_is_not_an_array_is_refused(picture, kind):
    message = rf"must be a numpy array or a Pillow image: got a {kind}; allowed: .*; convert"
    with pytest.raises(PhotographError, match=message):
        photograph_from_memory(picture)


def test_a_pillow_image_is_taken_as_it_is():
    photograph = photograph_from_memory(Image.fromarray(PICTURE))
    assert np.array_equal(photograph.pixels, PICTURE)
    assert (photograph.name, photograph.path) == ("image", None)
    assert photograph.sha256 == hashlib.sha256(PICTURE.tobytes()).hexdigest()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr", "I;16"])
def test_a_pillow_image_of_any_mode_is_taken(mode):
    assert photograph_from_memory(Image.new(mode, (3, 2))).shape == (2, 3)


def test_an_opened_image_is_what_its_file_is(tmp_path):
    exif = Image.Exif()
    exif[274] = 6
    path = tmp_path / "a.png"
    path.write_bytes(encoded(PICTURE, "PNG", exif=exif, icc_profile=swapping_profile(), dpi=(254_000, 254_000)))
    with Image.open(path) as image:
        photograph = photograph_from_memory(image)
    assert np.array_equal(photograph.pixels, read_photograph(path).pixels)
    assert photograph.um_per_px == read_photograph(path).um_per_px


@pytest.mark.parametrize("mode", ["I", "LAB", "HSV"])
def test_a_pillow_image_of_another_kind_is_refused(mode):
    with pytest.raises(PhotographError, match=f"this kind of image is not supported: got colour model {mode}"):
        photograph_from_memory(Image.new(mode, (3, 2)))


def test_a_pillow_image_of_a_damaged_file_is_refused():
    data = encoded(noise(), "PNG")
    image = Image.open(io.BytesIO(data[: len(data) // 2]))
    with pytest.raises(PhotographError, match="damaged or cut short"):
        photograph_from_memory(image)
