import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hemolens.training.cell_planes import FIRST_LAID, Known
from hemolens.training.crops import choose_places, draw_crops, lay_chains, lenders, look_up

from .synthetic_bank import LIGHT_OF, PLAIN, bank_of, labelled, rng

pytestmark = pytest.mark.train

CELLS = [("rbc", 30, 30, 10), ("rbc", 44, 47, 10), ("wbc", 60, 90, 14), ("plt", 20, 80, 4)]


class Unturned:
    """Draws no turn and no mirror image."""

    def uniform(self, low, high, size):
        return np.zeros(size)

    def choice(self, values, size):
        return np.ones(size)


def cut(bank, middle, side_px, *, smear=0, zoom=1.0, how=None):
    """One crop: pixels, numbers and flags, (3, N, N)."""
    chosen, zooms = np.array([smear]), np.array([zoom])
    crops = look_up(bank, chosen, np.array([middle], float), zooms, how or Unturned(), side_px)
    return [planes[0].numpy() for planes in crops]


def planes_of(smear):
    return [np.moveaxis(each, -1, 0) for each in (smear.pixels, smear.numbers, smear.known)]


@given(st.integers(16, 74), st.integers(16, 104))
@settings(max_examples=20)
def test_an_unturned_crop_is_the_photograph(row, col):
    smear = labelled(cells=CELLS)
    crop = cut(bank_of(smear), (row, col), 32)
    for found, own in zip(crop, planes_of(smear), strict=True):
        np.testing.assert_array_equal(found, own[:, row - 16 : row + 16, col - 16 : col + 16])


def test_the_second_photograph_begins_where_the_first_ends():
    first, second = labelled("a", cells=CELLS), labelled("b", cells=CELLS[:1], shape=(50, 70))
    pixels, _, _ = cut(bank_of(first, second), (25, 35), 32, smear=1)
    np.testing.assert_array_equal(pixels, planes_of(second)[0][:, 9:41, 19:51])


def test_beyond_the_frame_pixels_are_mirrored_and_nothing_is_known():
    smear = labelled(cells=CELLS)
    pixels, _, known = cut(bank_of(smear), (6, 40), 32)
    own = planes_of(smear)[0][:, :22, 24:56]
    np.testing.assert_array_equal(pixels[:, 10:], own)
    np.testing.assert_array_equal(pixels[:, :10], own[:, 9::-1])
    assert not known[:, :10].any()
    assert (known[:, 10:] == Known.ALL).all()


def test_a_photograph_smaller_than_the_crop_is_mirrored_again():
    smear = labelled(cells=[("rbc", 5, 5, 3)], shape=(10, 12))
    pixels, _, known = cut(bank_of(smear), (5, 6), 48)
    np.testing.assert_array_equal(pixels[0], np.pad(smear.pixels[..., 0], ((19, 19), (18, 18)), mode="symmetric"))
    assert (known[0] > 0).sum() == 10 * 12


@given(st.integers(0, 10**6))
@settings(max_examples=25)
def test_labels_turn_with_pixels(seed):
    smear = labelled(cells=[("rbc", 40, 40, 12), ("wbc", 40, 75, 14)])
    pixels, numbers, _ = cut(bank_of(smear), (45, 60), 48, zoom=1.1, how=rng(seed))
    for plane, kind in enumerate(("rbc", "wbc")):
        seen = np.abs(pixels[0] - LIGHT_OF[kind]) < 1
        assert (numbers[plane][seen] > 0).mean() > 0.97 if seen.any() else True
        assert np.count_nonzero(numbers[plane]) <= np.count_nonzero(pixels[0] < 219)


def test_a_zoom_makes_cells_smaller():
    smear = labelled(cells=[("rbc", 45, 60, 10)])
    areas = [np.count_nonzero(cut(bank_of(smear), (45, 60), 48, zoom=zoom)[1]) for zoom in (1.0, 1.25)]
    assert areas[0] / areas[1] == pytest.approx(1.25**2, rel=0.1)


def test_half_of_the_crops_are_mirror_images():
    smear = labelled(shape=(64, 64))
    smear.pixels[:32, :32], smear.pixels[32:, :32], smear.pixels[32:, 32:] = 10, 20, 30
    mirrored = 0
    for seed in range(40):
        pixels = cut(bank_of(smear), (32, 32), 32, how=rng(seed))[0][0]
        (row10, col10), (row20, col20), (row30, col30) = (
            np.mean(np.nonzero(np.abs(pixels - level) < 1), axis=1) - 15.5 for level in (10, 20, 30)
        )
        mirrored += (row20 - row10) * (col30 - col20) - (col20 - col10) * (row30 - row20) < 0
    assert 8 < mirrored < 32


def places(settings, seeds=range(60), side=40, shape=(90, 120)):
    bank = bank_of(labelled(cells=[("plt", 20, 80, 4)], shape=shape))
    return np.concatenate([choose_places(bank, np.array([0]), np.array([side]), rng(seed), settings) for seed in seeds])


def test_most_of_a_crop_lies_in_the_photograph():
    found = places(PLAIN)
    assert found.min() >= 18
    assert (found.max(axis=0) <= [90 - 18, 120 - 18]).all()


def test_the_middle_is_taken_of_a_photograph_smaller_than_the_crop():
    assert places(PLAIN, seeds=[0], side=400).tolist() == [[45, 60]]


def test_rare_cells_are_looked_for():
    found = places(PLAIN.model_copy(update={"focused": 1.0}))
    assert (np.abs(found - [20, 80]) <= 0.4 * 40 + 1).all()


def lay(smear, settings, *, seed=0, n_crops=4, lend=("rbc", "wbc")):
    """Crops of a smear's middle, before and after cells of the second photograph of its source were laid on them."""
    lender = labelled("b", cells=[("rbc", 40, 30, 10), ("wbc", 45, 80, 14)], lends=True)
    bank = bank_of(smear, lender)
    chosen, zooms = np.zeros(n_crops, int), np.ones(n_crops)
    crops = before = look_up(bank, chosen, np.full((n_crops, 2), 45.0), zooms, Unturned(), 64)
    lent, generator = lenders(bank, np.array([0.5, 0.5])), rng(seed)
    for kind in lend:
        crops = lay_chains(crops, bank, lent[kind], chosen, zooms, kind, generator, settings)
    return before, crops


ALWAYS = PLAIN.model_copy(update={"piles": 1.0, "white_groups": 1.0})


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kind", ["rbc", "wbc"])
def test_what_is_laid_is_numbered_and_known(seed, kind):
    _, crops = lay(labelled(), ALWAYS, seed=seed, lend=[kind])
    laid = crops.numbers >= FIRST_LAID
    assert laid.any()
    assert laid.any(dim=(0, 2, 3)).tolist() == [kind == "rbc", kind == "wbc", False]
    assert (crops.known[laid] == int(Known.ALL)).all()
    stained = (crops.pixels < 218).all(1)
    assert (laid.any(1) & ~stained).sum() <= 0.02 * laid.any(1).sum()
    assert (stained & ~laid.any(1)).sum() <= 0.25 * stained.sum()  # the soft rim


@pytest.mark.parametrize("seed", range(5))
def test_a_covered_cell_keeps_only_what_is_visible(seed):
    before, crops = lay(labelled(cells=CELLS), ALWAYS, seed=seed)
    covered = (crops.numbers >= FIRST_LAID).any(1, keepdim=True)
    assert covered.any()
    rest = ~covered.expand_as(crops.numbers)
    assert torch.equal(crops.numbers[rest], before.numbers[rest])
    assert ((crops.numbers > 0).sum(1) <= 1).all()


@pytest.mark.parametrize("seed", range(5))
def test_types_that_are_not_labelled_stay_unknown(seed):
    _, crops = lay(labelled(cells=CELLS, known=["rbc"]), ALWAYS, seed=seed)
    assert (crops.numbers[:, 0] >= FIRST_LAID).any()
    assert not crops.known[:, 1:].any()


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_laid_where_its_type_is_not_labelled(seed):
    before, crops = lay(labelled(cells=CELLS, known=["wbc"]), ALWAYS, seed=seed, lend=["rbc"])
    for own, other in zip(before, crops, strict=True):
        torch.testing.assert_close(own.float(), other.float())


def test_what_shines_through_is_darker_than_a_cell_alone():
    _, crops = lay(labelled(cells=[("rbc", 45, 45, 40)]), ALWAYS, lend=["rbc"], n_crops=8)
    laid = crops.numbers[:, 0] >= FIRST_LAID
    assert (crops.pixels[:, 0][laid] < LIGHT_OF["rbc"] - 5).any()
    assert (crops.pixels[:, 0][laid] <= LIGHT_OF["rbc"] + 1).float().mean() > 0.9  # all but the rim


def test_the_photographs_are_not_changed():
    bank = bank_of(labelled(cells=CELLS, lends=True))
    before = [each.clone() for each in (bank.pixels, bank.numbers, bank.known)]
    draw_crops(bank, np.ones(1), lenders(bank, np.ones(1)), rng(), ALWAYS, n_crops=4, side_px=48)
    assert all(map(torch.equal, before, (bank.pixels, bank.numbers, bank.known)))


def sources():
    cell = [("rbc", 40, 30, 9)]
    return bank_of(
        labelled("trained", "ours", cell, lends=True),
        labelled("left out", "ours", cell, lends=True),
        labelled("other", "theirs", cell, lends=True),
    )


def test_photographs_that_are_left_out_lend_nothing():
    bank = sources()
    lent = lenders(bank, np.array([0.5, 0, 0.5]))
    assert {source: bank.cut_outs["rbc"].smears[own].tolist() for source, own in lent["rbc"].items()} == {
        "ours": [0],
        "theirs": [2],
    }


def test_a_source_that_is_not_drawn_lends_nothing():
    assert lenders(sources(), np.array([1.0, 0, 0]))["rbc"].keys() == {"ours"}


def test_no_pixel_of_a_photograph_that_is_left_out_gets_into_a_crop():
    """The one that is left out has cells of a colour of their own."""
    left_out = labelled("left out", "ours", [("rbc", 40, 30, 9), ("rbc", 40, 80, 9)], lends=True)
    left_out.pixels[left_out.numbers[..., 0] > 0] = (255, 0, 0)
    bank = bank_of(labelled("trained", "ours", [("rbc", 40, 30, 9)], lends=True), left_out)
    shares = np.array([1.0, 0])
    crops = draw_crops(bank, shares, lenders(bank, shares), rng(), ALWAYS, n_crops=16, side_px=48)
    assert (crops.numbers >= FIRST_LAID).any()
    assert (crops.pixels[:, 0] - crops.pixels[:, 1]).abs().max() < 1


def test_photographs_are_drawn_by_their_share():
    bank = bank_of(labelled("a"), labelled("b", known=()))
    shares = np.array([0.25, 0.75])
    crops = draw_crops(bank, shares, lenders(bank, shares), rng(), PLAIN, n_crops=400, side_px=16)
    assert 60 < int((crops.known[:, 0] > 0).flatten(1).any(1).sum()) < 140


def test_the_same_state_draws_the_same_crops():
    bank = bank_of(labelled(cells=CELLS, lends=True))
    first, again = (
        draw_crops(bank, np.ones(1), lenders(bank, np.ones(1)), rng(5), ALWAYS, n_crops=3, side_px=32) for _ in range(2)
    )
    other = draw_crops(bank, np.ones(1), lenders(bank, np.ones(1)), rng(6), ALWAYS, n_crops=3, side_px=32)
    assert all(map(torch.equal, first, again))
    assert not torch.equal(first.pixels, other.pixels)
