import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hemolens.segmentation.stained_bodies import (
    NOTHING,
    bodies_of,
    dark_level,
    nuclei_of_white_cells,
    red_cells_of,
    white_cells_around,
)

ROW, COL = np.mgrid[:60, :60]


def disc(row, col, radius):
    return np.hypot(ROW - row, COL - col) < radius


@given(st.lists(st.integers(0, 255), max_size=40), st.floats(0.1, 1))
def test_dark_values_are_darker_by_the_share_that_is_asked_for(values, at_most):
    given_values = np.array(values, np.uint8)
    level = dark_level(given_values, at_most)
    if level != NOTHING:
        dark = given_values <= level
        assert given_values[dark].mean() <= at_most * given_values[~dark].mean()


def test_the_noise_of_one_colour_has_no_dark_values():
    noise = np.random.default_rng(0).normal(160, 3, (200, 200)).round().astype(np.uint8)
    assert dark_level(noise, 0.93) == NOTHING


def test_pale_centres_are_filled_and_gaps_are_not():
    ring = disc(30, 30, 10) & ~disc(30, 30, 5)
    gap = disc(30, 30, 25) & ~disc(30, 30, 15)
    assert bodies_of(ring, 20)[30, 30]
    assert not bodies_of(gap, 20)[30, 30]


def test_lobes_of_a_nucleus_are_one_and_small_ones_are_none():
    lobes, granule = disc(30, 20, 5) | disc(30, 32, 5), disc(50, 50, 2)
    found = nuclei_of_white_cells(lobes | granule, disc(30, 26, 15) | granule, 20)
    assert found[30, 26]
    assert not found[50, 50]


def test_the_rim_of_a_white_cell_is_no_red_cell():
    white = white_cells_around(disc(30, 20, 8), 20)
    red = red_cells_of(disc(30, 20, 13) | disc(30, 48, 10), white, 20)
    assert red[30, 48]
    assert not red[:, :34].any()
