"""Seeded watershed, pixel by pixel."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.segmentation import watershed

from hemolens.cells.counters.priority_flood import flood_rising


@given(st.integers(0, 10_000), st.integers(1, 30), st.integers(1, 30))
def test_the_pixels_are_those_of_scikit_image(seed, n_rows, n_cols):
    rng = np.random.default_rng(seed)
    relief = rng.permutation(n_rows * n_cols).reshape(n_rows, n_cols).astype(np.float32)
    within = rng.random(relief.shape) < 0.8
    seeds = np.where(rng.random(relief.shape) < 0.15, rng.integers(1, 9, relief.shape), 0).astype(np.int32)
    np.testing.assert_array_equal(flood_rising(relief, seeds, within), watershed(relief, seeds, mask=within))


@given(st.integers(0, 10_000), st.integers(1, 30), st.integers(1, 30))
def test_level_ground_is_split_as_by_scikit_image_when_no_two_seeds_are_level(seed, n_rows, n_cols):
    rng = np.random.default_rng(seed)
    relief = rng.integers(0, 4, (n_rows, n_cols)).astype(np.float32)
    seeds = np.zeros(relief.shape, np.int32)
    places = rng.permutation(relief.size)[:6]
    seeds.ravel()[places] = np.arange(1, places.size + 1)
    relief.ravel()[places] = -1 - np.arange(places.size)
    np.testing.assert_array_equal(flood_rising(relief, seeds, seeds >= 0), watershed(relief, seeds))


def test_a_wide_gap_between_two_level_seeds_is_split_midway():
    seeds = np.zeros((5, 11), np.int32)
    seeds[:, 0], seeds[:, 10] = 1, 2
    flooded = flood_rising(np.zeros((5, 11), np.float32), seeds, seeds >= 0)
    assert (flooded[:, :5] == 1).all()
    assert (flooded[:, 6:] == 2).all()


@pytest.mark.parametrize("shape", [(0, 0), (1, 1), (3, 4)])
def test_nothing_to_flood_gives_nothing(shape):
    empty = np.zeros(shape, np.float32)
    assert not flood_rising(empty, np.zeros(shape, np.int32), np.ones(shape, bool)).any()


def test_water_does_not_flow_through_the_frame():
    within = np.array([[1, 1, 1], [0, 0, 0], [1, 1, 1]], bool)
    seeds = np.array([[0, 0, 5], [0, 0, 0], [0, 0, 0]], np.int32)
    assert flood_rising(np.zeros((3, 3), np.float32), seeds, within).tolist() == [[5, 5, 5], [0, 0, 0], [0, 0, 0]]


def test_seeds_outside_count_for_nothing():
    within = np.array([[0, 1, 1]], bool)
    assert not flood_rising(np.zeros((1, 3), np.float32), np.array([[3, 0, 0]], np.int32), within).any()
