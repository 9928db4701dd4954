import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hemolens.images.tiles import Part, Tile, cut, cut_within, mirror_index, reach, stitch, tile_grid

lengths = st.integers(1, 200)


@given(lengths, lengths, st.integers(1, 8), st.sampled_from([1, 4, 8]))
def test_every_pixel_is_written_exactly_once(height, width, n_steps, grid_px):
    written = np.zeros((height, width), int)
    for tile in tile_grid((height, width), largest_px=n_steps * grid_px, grid_px=grid_px):
        written[tile.row : tile.row + tile.height, tile.col : tile.col + tile.width] += 1
    assert (written == 1).all()


@given(lengths, lengths, st.integers(1, 8))
def test_blocks_lie_on_the_pooling_grid(height, width, n_steps):
    for tile in tile_grid((height, width), largest_px=8 * n_steps, grid_px=8):
        assert (tile.row % 8, tile.col % 8, tile.height % 8, tile.width % 8) == (0, 0, 0, 0)


@given(lengths, lengths, st.integers(1, 8), st.integers(0, 50))
def test_cutting_and_stitching_gives_the_picture_back(height, width, n_steps, margin_px):
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    whole = np.zeros((height, width), np.float32)
    for tile in tile_grid((height, width), largest_px=8 * n_steps, grid_px=8):
        patch = cut(pixels, tile, margin_px=margin_px, extra_px=4)
        stitch(whole, tile, patch[margin_px:, margin_px:, 0].astype(np.float32))
    assert (whole == pixels[..., 0]).all()


def test_a_tile_reads_its_margin_and_the_mirrored_frame():
    pixels = np.repeat(np.arange(16, dtype=np.uint8).reshape(4, 4, 1), 3, axis=2)
    assert cut(pixels, Tile(0, 2, 2, 2), margin_px=1)[..., 0].tolist() == [
        [5, 6, 7, 6],
        [1, 2, 3, 2],
        [5, 6, 7, 6],
        [9, 10, 11, 10],
    ]


@given(lengths, lengths, st.integers(0, 50), st.data())
def test_a_tile_cut_from_a_part_is_the_same_tile(height, width, margin_px, data):
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    tile = data.draw(st.sampled_from(tile_grid((height, width), largest_px=16, grid_px=8)))
    row0, col0, row1, col1 = reach([tile], (height, width), margin_px=margin_px, extra_px=4)
    part = Part(row0, col0, (height, width))
    of_part = cut(pixels[row0:row1, col0:col1], tile, margin_px=margin_px, extra_px=4, part=part)
    assert (of_part == cut(pixels, tile, margin_px=margin_px, extra_px=4)).all()


@given(lengths, lengths, st.integers(1, 8), st.integers(0, 5))
def test_reading_within_the_frame_and_stitching_gives_the_picture_back(height, width, n_steps, n_reach):
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    whole = np.zeros((height, width), np.float32)
    for tile in tile_grid((height, width), largest_px=8 * n_steps, grid_px=8):
        patch, (row, col) = cut_within(pixels, tile, reach_px=8 * n_reach, grid_px=8)
        assert patch.shape[0] % 8 == patch.shape[1] % 8 == 0
        stitch(whole, tile, patch[row:, col:, 0].astype(np.float32))
    assert (whole == pixels[..., 0]).all()


@given(lengths, lengths, st.integers(0, 5), st.data())
def test_a_tile_read_within_the_frame_from_a_part_is_the_same_tile(height, width, n_reach, data):
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    tile = data.draw(st.sampled_from(tile_grid((height, width), largest_px=16, grid_px=8)))
    row0, col0, row1, col1 = reach([tile], (height, width), margin_px=8 * n_reach)
    part = Part(row0, col0, (height, width))
    of_part = cut_within(pixels[row0:row1, col0:col1], tile, reach_px=8 * n_reach, grid_px=8, part=part)
    of_whole = cut_within(pixels, tile, reach_px=8 * n_reach, grid_px=8)
    assert (of_part[0] == of_whole[0]).all()
    assert of_part[1] == of_whole[1]


def test_a_tile_that_reads_within_the_frame_stops_at_the_next_step_of_the_grid():
    pixels = np.repeat(np.arange(9, dtype=np.uint8).reshape(3, 3, 1), 3, axis=2)
    patch, first = cut_within(pixels, Tile(0, 2, 2, 2), reach_px=2, grid_px=2)
    assert patch[..., 0].tolist() == [[0, 1, 2, 1], [3, 4, 5, 4], [6, 7, 8, 7], [3, 4, 5, 4]]
    assert first == (0, 2)


@pytest.mark.parametrize("shape", [(1944, 2592), (1368, 1712), (652, 1226)])
def test_nothing_is_dropped_at_the_bottom_and_right(shape):
    """The paper's released tiling dropped up to 44 rows and 26 columns."""
    whole = np.zeros(shape, np.float32)
    for tile in tile_grid(shape, largest_px=512, grid_px=8):
        stitch(whole, tile, np.ones((tile.height + 4, tile.width + 4), np.float32))
    assert whole.min() == 1


def test_mirror_folds_as_often_as_needed():
    assert mirror_index(np.arange(-4, 6), 2).tolist() == [0, 1, 0, 1, 0, 1, 0, 1, 0, 1]
