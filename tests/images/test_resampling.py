import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hemolens.images.box import Box
from hemolens.images.photograph import photograph_from_array
from hemolens.images.resampling import ScaledImage, resize, scale_image

sides = st.integers(1, 90)


def noise(height, width):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


@st.composite
def boxes(draw, shape):
    """Any box of at least one pixel."""
    (row0, row1), (col0, col1) = (
        (first, draw(st.integers(first + 1, side))) for side in shape for first in [draw(st.integers(0, side - 1))]
    )
    return Box(row0, col0, row1, col1)


def moved_by(box, rows, cols):
    return Box(box.row0 + rows, box.col0 + cols, box.row1 + rows, box.col1 + cols)


@given(sides, sides, st.one_of(st.floats(0.1, 1), st.sampled_from([1 / 4, 1 / 3, 1 / 2, 1])), st.data())
def test_a_window_is_the_resized_whole_cut(height, width, zoom, data):
    pixels = noise(height, width)
    scaled = scale_image(photograph_from_array(pixels), 1, zoom)
    row0, col0, row1, col1 = data.draw(boxes(scaled.shape))
    whole = resize(pixels, scaled.shape)
    assert (scaled.read(Box(row0, col0, row1, col1)) == whole[row0:row1, col0:col1]).all()


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 9), st.integers(1, 9), st.integers(0, 99))
def test_whole_pixels_are_added_up_before_they_are_divided(n_rows, n_cols, down, across, seed):
    """As by OpenCV: sums of shares would round some halves the other way."""
    pixels = np.random.default_rng(seed).integers(0, 256, (n_rows * down, n_cols * across, 3), dtype=np.uint8)
    scaled = ScaledImage(photograph_from_array(pixels), 0, (n_rows, n_cols))
    assert (scaled.read(Box(0, 0, n_rows, n_cols)) == resize(pixels, (n_rows, n_cols))).all()


@given(sides, sides, st.floats(1, 2.5), st.data())
def test_enlarged_windows_agree_with_each_other_and_nearly_with_the_whole(height, width, zoom, data):
    scaled = scale_image(photograph_from_array(noise(height, width)), 1, zoom)
    row0, col0, row1, col1 = outer = data.draw(boxes(scaled.shape))
    inner = data.draw(boxes((row1 - row0, col1 - col0)))
    pixels, whole = scaled.read(outer), scaled.read(scaled.whole)[row0:row1, col0:col1]
    assert np.abs(pixels.astype(int) - whole).max() <= 1
    again = scaled.read(moved_by(inner, row0, col0))
    if outer != scaled.whole:
        assert (again == pixels[inner.row0 : inner.row1, inner.col0 : inner.col1]).all()


@pytest.mark.parametrize("zoom", [0.07, 0.26, 1 / 3, 0.5, 0.61, 0.99])
def test_a_reduced_picture_is_opencvs(zoom):
    pixels = noise(200, 301)
    shape = (round(200 * zoom), round(301 * zoom))
    expected = cv2.resize(pixels, shape[::-1], interpolation=cv2.INTER_AREA)
    scaled = ScaledImage(photograph_from_array(pixels), 0, shape)
    rows = Box(1, 0, shape[0], shape[1])
    assert (scaled.read(rows) == expected[1:]).all()


def test_a_window_may_begin_in_a_sliver_of_a_pixel_that_is_left_out():
    pixels = noise(10_000, 1)
    scaled = ScaledImage(photograph_from_array(pixels), 0, (3333, 1))  # row 3330 begins at 9990.9991
    assert (scaled.read(Box(3330, 0, 3333, 1)) == resize(pixels, (3333, 1))[3330:]).all()


def test_an_enlarged_picture_is_opencvs():
    pixels = noise(200, 301)
    assert (resize(pixels, (280, 420)) == cv2.resize(pixels, (420, 280), interpolation=cv2.INTER_LINEAR)).all()


def test_a_large_source_is_read_piece_by_piece(monkeypatch):
    pixels = noise(200, 300)
    scaled = scale_image(photograph_from_array(pixels), 1, 0.37)
    whole = scaled.read(scaled.whole)
    monkeypatch.setattr("hemolens.images.resampling.MOST_READ_PX", 1000)
    assert (scaled.read(scaled.whole) == whole).all()


class Pyramid:
    """A smear of which only the levels are looked at."""

    shape = (1000, 2000)
    levels = ((1000, 2000), (500, 1000), (250, 500))


@pytest.mark.parametrize(("zoom", "level"), [(2, 0), (1, 0), (0.6, 0), (0.5, 1), (0.3, 1), (0.25, 2), (0.01, 2)])
def test_the_most_reduced_level_that_shows_enough_is_read(zoom, level):
    scaled = scale_image(Pyramid(), 1, zoom)
    assert (scaled.level, scaled.shape) == (level, (round(1000 * zoom), round(2000 * zoom)))
