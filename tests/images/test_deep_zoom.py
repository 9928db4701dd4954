"""Tiles and parts of photographs."""

import numpy as np
import pytest

from hemolens.images.box import Box
from hemolens.images.deep_zoom import TILE_PX, crop, n_levels, tile
from hemolens.images.photograph import photograph_from_array


@pytest.fixture(scope="module")
def image():
    rows, cols = np.mgrid[:1100, :1300]
    pixels = np.stack([rows * 255 / 1100, cols * 255 / 1300, np.full(rows.shape, 90)], axis=2)
    return photograph_from_array(pixels.astype(np.uint8))


@pytest.mark.parametrize("shape", [(1, 1), (512, 512), (513, 2), (1944, 2592), (20_000, 20_000)])
def test_the_first_level_is_one_tile(shape):
    assert max(shape) / 2 ** (n_levels(shape) - 1) <= TILE_PX


def test_tiles_of_the_last_level_are_the_photograph(image):
    last = n_levels(image.shape) - 1
    assert np.array_equal(tile(image, last, 1, 1), image.read(Box(512, 512, 1024, 1024)))


def test_tiles_at_the_rim_are_cut(image):
    last = n_levels(image.shape) - 1
    assert tile(image, last, 2, 2).shape == (1100 - 1024, 1300 - 1024, 3)


@pytest.mark.parametrize("level", [0, 1, 2])
def test_tiles_of_a_level_cover_the_photograph(image, level):
    zoom = 2 ** (n_levels(image.shape) - 1 - level)
    n_rows = n_cols = 0
    while (drawn := tile(image, level, 0, n_rows // TILE_PX)) is not None:
        n_rows += drawn.shape[0]
        if n_rows % TILE_PX:
            break
    while (drawn := tile(image, level, n_cols // TILE_PX, 0)) is not None:
        n_cols += drawn.shape[1]
        if n_cols % TILE_PX:
            break
    assert (n_rows, n_cols) == (-(-1100 // zoom), -(-1300 // zoom))


@pytest.mark.parametrize(("level", "col", "row"), [(-1, 0, 0), (9, 0, 0), (2, 3, 0), (2, 0, 3), (2, -1, 0)])
def test_there_is_no_tile_elsewhere(image, level, col, row):
    assert tile(image, level, col, row) is None


def test_a_part_beyond_the_rim_is_grey_there(image):
    picture = crop(image, Box(-100, -100, 100, 100), 100)
    assert picture.shape == (100, 100, 3)
    assert (picture[:50, :50] == 128).all()
    assert np.abs(picture[60:, 60:].astype(int).mean(axis=(0, 1)) - [14, 12, 90]).max() < 6
