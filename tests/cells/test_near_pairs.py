"""Pairs of near places."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from hemolens.cells.near_pairs import near_pairs


@given(st.integers(0, 10_000), st.integers(0, 60), st.floats(0, 80))
def test_the_pairs_are_those_of_a_tree(seed, n_places, reach_px):
    places = np.random.default_rng(seed).uniform(0, 100, (n_places, 2))
    expected = sorted(cKDTree(places).query_pairs(reach_px)) if n_places else []
    assert list(zip(*near_pairs(places, reach_px).tolist(), strict=True)) == expected


def test_the_reach_itself_is_near():
    assert near_pairs(np.array([[3.0, 4.0], [0.0, 0.0]]), 5.0).tolist() == [[0], [1]]


def test_places_at_one_spot_are_all_pairs():
    assert near_pairs(np.ones((3, 2)), 0).tolist() == [[0, 0, 1], [1, 2, 2]]


@pytest.mark.parametrize("n_places", [0, 1])
def test_fewer_than_two_places_are_no_pair(n_places):
    assert near_pairs(np.zeros((n_places, 2)), 10).shape == (2, 0)
