import numpy as np
import pytest

from hemolens.training.cell_planes import Known, NumberedCells
from hemolens.training.piles import CutOut, Piles
from hemolens.training.smears import LabelledSmear, between_cells

OUTPUTS = ("rbc.mask", "rbc.edge", "wbc.mask")


def rng(seed=0):
    return np.random.default_rng(seed)


def smear(known=Known.ALL, **changes):
    numbers = np.zeros((60, 60), np.uint16)
    numbers[20:40, 10:30], numbers[20:40, 30:50] = 1, 2
    cells = {"rbc": NumberedCells(numbers, np.full(numbers.shape, known, np.uint8))}
    values = {"name": "a", "pixels": np.full((60, 60, 3), 200, np.uint8), "cells": cells, "touching_weight": 5.0}
    values |= {"red_cell_diameter_px": 20, "outputs": OUTPUTS}
    return LabelledSmear(**(values | changes))


def test_a_type_that_is_not_labelled_is_unknown():
    _, targets, weights = smear().take_slice(0, 0, 60, rng(), piles=0)
    assert not weights[2].any()
    assert not targets[2].any()
    assert weights[0].all()


def test_a_plane_counts_only_where_it_is_known():
    _, _, weights = smear(known=Known.MASK).take_slice(0, 0, 60, rng(), piles=0)
    assert weights[0].all()
    assert not weights[1].any()


def test_nothing_is_known_beyond_the_frame():
    pixels, targets, weights = smear().take_slice(-10, 0, 60, rng(), piles=0)
    assert pixels.shape == (60, 60, 3)
    assert not weights[:, :10].any()
    assert weights[0, 10:].all()
    assert targets[0, 30:50, 10:50].all()


def test_the_border_of_touching_cells_weighs_more():
    _, _, weights = smear().take_slice(0, 0, 60, rng(), piles=0)
    assert weights[1, 30, 29:31].tolist() == [5, 5]
    assert weights[1, 30, 10] == 1


def test_an_outer_border_is_not_between_cells():
    numbers = np.zeros((9, 9), np.uint16)
    numbers[3:6, 3:6] = 4
    assert not between_cells(numbers).any()


def pile_of(kind):
    mask = np.zeros((29, 29), np.uint8)
    mask[4:25, 4:25] = 255
    dark = CutOut(np.full((29, 29, 3), 90, np.uint8), mask)
    return {kind: Piles((dark,), np.full(3, 200, np.float32))}


@pytest.mark.parametrize("seed", range(5))
def test_cells_that_are_laid_are_known(seed):
    unknown = smear(known=Known.NOTHING, piles=pile_of("rbc"))
    pixels, targets, weights = unknown.take_slice(0, 0, 60, rng(seed), piles=1)
    laid = (pixels < 120).all(axis=2)
    assert laid.any()
    assert targets[0][laid].all()
    assert weights[0][laid].all()


@pytest.mark.parametrize("seed", range(5))
def test_a_white_cell_covers_the_red_ones_below(seed):
    plain = smear(piles=pile_of("wbc"))
    nothing = NumberedCells(np.zeros((60, 60), np.uint16), np.full((60, 60), Known.ALL, np.uint8))
    both = smear(piles=plain.piles, cells={**plain.cells, "wbc": nothing})
    _, targets, _ = both.take_slice(0, 0, 60, rng(seed), piles=1)
    assert targets[2].any()
    assert not (targets[0] & targets[2]).any()


def test_the_smear_itself_is_not_changed():
    own = smear(piles=pile_of("rbc"))
    before = own.cells["rbc"].numbers.copy()
    own.take_slice(0, 0, 60, rng(), piles=1)
    assert (own.cells["rbc"].numbers == before).all()


def test_platelets_weigh_more_where_the_phase_says_so():
    own = smear().cells["rbc"]
    _, targets, weights = smear(cells={"plt": own}, outputs=("plt.mask",), platelet_weight=10.0).take_slice(
        0, 0, 60, rng(), piles=0
    )
    assert set(np.unique(weights[0][targets[0] > 0])) == {10}
    assert set(np.unique(weights[0][targets[0] == 0])) == {1}
