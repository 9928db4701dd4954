"""Each change on small pictures, and the figures of a change on numbers."""

import math

import numpy as np
import pytest

from hemolens.evaluation.robustness import (
    CHANGES,
    blur,
    change_of_counts,
    compress,
    resize,
    rotate,
    scale_brightness,
    scale_saturation,
    shift_hue,
)

NOISE = np.random.default_rng(3).integers(0, 256, (40, 60, 3), np.uint8)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_gives_a_photograph_and_leaves_the_given_one_alone(name):
    given = NOISE.copy()
    changed = CHANGES[name](given)
    assert (changed.dtype, changed.ndim, changed.shape[2]) == (np.uint8, 3, 3)
    assert not np.array_equal(changed, given)
    assert np.array_equal(given, NOISE)


@pytest.mark.parametrize("name", CHANGES)
def test_a_photograph_of_one_pixel_can_be_changed(name):
    side = 2 if name == "size × 1.5" else 1
    assert CHANGES[name](np.full((1, 1, 3), 90, np.uint8)).shape == (side, side, 3)


def test_hue_turned_to_and_fro_is_as_before():
    back = shift_hue(shift_hue(NOISE, 10), -10).astype(int)
    assert np.abs(back - NOISE).max() <= 2


def test_grey_has_no_saturation_to_scale():
    grey = np.full((2, 2, 3), 77, np.uint8)
    assert np.array_equal(scale_saturation(grey, 1.3), grey)


def test_white_cannot_become_brighter():
    assert scale_brightness(np.full((1, 1, 3), 255, np.uint8), 1.3).max() == 255


def test_blur_keeps_the_mean_and_takes_the_contrast():
    blurred = blur(NOISE, 2)
    assert blurred.mean() == pytest.approx(NOISE.mean(), abs=1.5)
    assert blurred.std() < NOISE.std() / 3


def test_worse_quality_changes_more():
    difference = [np.abs(compress(NOISE, quality).astype(int) - NOISE).mean() for quality in (95, 30)]
    assert difference[0] < difference[1]


@pytest.mark.parametrize(("factor", "shape"), [(0.5, (20, 30, 3)), (1.5, (60, 90, 3))])
def test_sizes(factor, shape):
    assert resize(NOISE, factor).shape == shape


def test_four_turns_are_none():
    assert np.array_equal(rotate(rotate(rotate(rotate(NOISE)))), NOISE)


def test_the_mean_change_does_not_cancel_and_the_pooled_one_does():
    change = change_of_counts([10, 10], [9, 11])
    assert change.mean_absolute.value == pytest.approx(0.1)
    assert change.pooled.value == pytest.approx(0)


def test_photographs_without_a_cell_stand_apart():
    change = change_of_counts([10, 0, 0], [10, 2, 0])
    assert (change.n_with_cells, change.n_without_cells, change.cells_there) == (1, 2, 2)
    assert change.mean_absolute.value == 0
    assert change.pooled.value == pytest.approx(0.2)


def test_without_any_cell_there_is_no_change_to_speak_of():
    change = change_of_counts([0], [0])
    assert math.isnan(change.mean_absolute.value)
    assert math.isnan(change.pooled.value)
