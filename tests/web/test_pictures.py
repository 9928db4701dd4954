"""Tiles and parts of photographs."""

import cv2
import numpy as np
import pytest

from hemolens.images.box import Box
from hemolens.images.photograph import photograph_from_array
from hemolens.images.slides import open_image
from hemolens.web import pictures
from hemolens.web.pictures import TILE_PX, OpenImages, crop, n_levels, tile


def drawn(data):
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


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
    picture = drawn(tile(image, last, 1, 1))
    assert np.abs(picture.astype(int) - image.read(Box(512, 512, 1024, 1024))).mean() < 2


def test_tiles_at_the_rim_are_cut(image):
    last = n_levels(image.shape) - 1
    assert drawn(tile(image, last, 2, 2)).shape == (1100 - 1024, 1300 - 1024, 3)


@pytest.mark.parametrize("level", [0, 1, 2])
def test_tiles_of_a_level_cover_the_photograph(image, level):
    zoom = 2 ** (n_levels(image.shape) - 1 - level)
    n_rows = n_cols = 0
    while (data := tile(image, level, 0, n_rows // TILE_PX)) is not None:
        n_rows += drawn(data).shape[0]
        if n_rows % TILE_PX:
            break
    while (data := tile(image, level, n_cols // TILE_PX, 0)) is not None:
        n_cols += drawn(data).shape[1]
        if n_cols % TILE_PX:
            break
    assert (n_rows, n_cols) == (-(-1100 // zoom), -(-1300 // zoom))


@pytest.mark.parametrize(("level", "col", "row"), [(-1, 0, 0), (9, 0, 0), (2, 3, 0), (2, 0, 3), (2, -1, 0)])
def test_there_is_no_tile_elsewhere(image, level, col, row):
    assert tile(image, level, col, row) is None


def test_a_part_beyond_the_rim_is_grey_there(image):
    picture = drawn(crop(image, Box(-100, -100, 100, 100), 100))
    assert picture.shape == (100, 100, 3)
    assert np.abs(picture[:45, :45].astype(int) - 128).max() <= 3
    assert np.abs(picture[60:, 60:].astype(int).mean(axis=(0, 1)) - [14, 12, 90]).max() < 6


def test_a_photograph_is_opened_once(tmp_path, picture, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(picture)
    opened = []
    monkeypatch.setattr(pictures, "open_image", lambda path: opened.append(path) or open_image(path))
    images = OpenImages()
    assert images.get(path) is images.get(path)
    assert opened == [path]


def test_no_more_stays_open_than_fits(tmp_path, picture, monkeypatch):
    monkeypatch.setattr(pictures, "MAX_OPEN_PX", 360 * 480 + 1)
    paths = [tmp_path / "a.png", tmp_path / "b.png"]
    for path in paths:
        path.write_bytes(picture)
    images = OpenImages()
    first = images.get(paths[0])
    images.get(paths[1])
    assert images.get(paths[0]) is not first
