"""Seeded watershed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.segmentation import watershed

from hemolens.cells.counters.flooding import flood_from, flood_shared


def lowest_on_highest_way(height, within):
    """For every two pixels, how high one can stay on the way from one to the other; brute force."""
    flat = np.where(within, height, -np.inf).ravel()
    rows, cols = np.divmod(np.arange(flat.size), height.shape[1])
    beside = np.abs(rows[:, None] - rows) + np.abs(cols[:, None] - cols) <= 1
    best = np.where(beside, np.minimum(flat[:, None], flat), -np.inf)
    for via in range(flat.size):
        best = np.maximum(best, np.minimum(best[:, via, None], best[None, via]))
    return best


@given(st.integers(0, 10_000), st.integers(1, 7), st.integers(1, 7))
def test_every_pixel_goes_to_a_seed_on_its_highest_way(seed, n_rows, n_cols):
    rng = np.random.default_rng(seed)
    height = (rng.permutation(n_rows * n_cols) - 9).reshape(n_rows, n_cols).astype(np.float32)
    within = rng.random(height.shape) < 0.8
    seeds = np.where(rng.random(height.shape) < 0.15, rng.integers(1, 4, height.shape), 0).astype(np.int32)
    flooded = flood_from(height, seeds, within).ravel()
    best = lowest_on_highest_way(height, within)
    at_seed = (seeds > 0) & within
    for pixel in range(height.size):
        reached = {}
        for to in np.flatnonzero(at_seed):
            number = int(seeds.ravel()[to])
            reached[number] = max(reached.get(number, -np.inf), best[pixel, to])
        reached = {number: level for number, level in reached.items() if level > -np.inf}
        if at_seed.ravel()[pixel]:
            assert flooded[pixel] == seeds.ravel()[pixel]
        elif reached:
            assert reached[int(flooded[pixel])] == max(reached.values())
        else:
            assert flooded[pixel] == 0


def test_nearly_all_pixels_go_where_the_flooding_of_scikit_image_takes_them():
    rng = np.random.default_rng(3)
    row, col = np.mgrid[:120, :160].astype(np.float32)
    tops = rng.uniform((0, 0), (120, 160), (40, 2))
    height = np.max([np.exp(-((row - r) ** 2 + (col - c) ** 2) / 150) for r, c in tops], axis=0).astype(np.float32)
    seeds = np.zeros(height.shape, np.int32)
    for number, (r, c) in enumerate(tops.astype(int), start=1):
        seeds[r, c] = number
    within = height > 0.2
    expected = watershed(-height, seeds, mask=within)
    assert np.mean(flood_from(height, seeds, within)[within] == expected[within]) > 0.99


@pytest.mark.parametrize("shape", [(0, 0), (1, 1), (3, 4)])
def test_nothing_to_flood_gives_nothing(shape):
    empty = np.zeros(shape, np.float32)
    assert not flood_from(empty, np.zeros(shape, np.int32), np.zeros(shape, bool)).any()


def test_a_seed_of_two_pixels_apart_is_one_number():
    height = np.ones((1, 5), np.float32)
    seeds = np.array([[4, 0, 0, 0, 4]], np.int32)
    assert flood_from(height, seeds, height > 0).tolist() == [[4] * 5]


@given(st.integers(0, 10_000), st.integers(1, 20), st.integers(1, 20))
def test_leaving_out_what_one_seed_has_alone_changes_nothing(seed, n_rows, n_cols):
    rng = np.random.default_rng(seed)
    height = rng.random((n_rows, n_cols)).astype(np.float32)
    within = rng.random(height.shape) < 0.6
    seeds = np.where(within & (rng.random(height.shape) < 0.1), rng.integers(1, 9, height.shape), 0).astype(np.int32)
    np.testing.assert_array_equal(flood_shared(flood_from, height, seeds, within), flood_from(height, seeds, within))


def test_without_a_shared_part_nothing_is_flooded():
    seeds = np.array([[7, 0, 0, 9]], np.int32)
    within = np.array([[1, 1, 0, 1]], bool)
    assert flood_shared(None, np.ones((1, 4), np.float32), seeds, within).tolist() == [[7, 7, 0, 9]]
