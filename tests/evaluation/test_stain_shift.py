"""The laws that a stain keeps: nothing for nothing, background and red cells as they are asked for."""

import numpy as np
import pytest

from hemolens.evaluation.stain_shift import DARKEST, STAINS, Stain, change_stain, red_cell_absorbance, restain
from hemolens.measurements.colours import background_colour
from hemolens.synthetic import draw_smear

GLASS, CELL, NUCLEUS = (200, 195, 180), (185, 150, 150), (90, 45, 110)
SMEARS = {
    "pink": draw_smear(
        1, height=400, width=500, red_cell_diameter_px=50, n_rbc=40, n_wbc=1, uneven_light=0, stain="pink"
    ).pixels,
    "violet": draw_smear(
        2, height=400, width=500, red_cell_diameter_px=50, n_rbc=40, n_wbc=1, uneven_light=0, stain="violet"
    ).pixels,
    "grey": draw_smear(
        3, height=400, width=500, red_cell_diameter_px=50, n_rbc=40, n_wbc=2, uneven_light=0, stain="grey"
    ).pixels,
}


def flat_smear():
    """Glass at the top, then red cells, and one row of nucleus."""
    smear = np.full((20, 10, 3), GLASS, np.uint8)
    smear[8:], smear[19] = CELL, NUCLEUS
    return smear


def absorbance(colour, background):
    return np.log10(np.asarray(background, float) / np.asarray(colour, float))


@pytest.mark.parametrize("name", SMEARS)
def test_the_stain_that_changes_nothing_changes_nothing_beyond_rounding(name):
    assert np.abs(restain(SMEARS[name], Stain()).astype(int) - SMEARS[name]).max() <= 1


def test_black_and_glare_stay_when_nothing_is_changed():
    smear = flat_smear()
    smear[0, 0], smear[0, 1] = 0, 255
    assert np.array_equal(restain(smear, Stain()), smear)


@pytest.mark.parametrize("name", STAINS)
def test_a_stain_gives_a_photograph_and_leaves_the_given_one_alone(name):
    given = SMEARS["pink"].copy()
    stained = restain(given, STAINS[name])
    assert (stained.dtype, stained.shape) == (np.uint8, given.shape)
    assert not np.array_equal(stained, given)
    assert np.array_equal(given, SMEARS["pink"])
    assert np.array_equal(stained, restain(given, STAINS[name]))


@pytest.mark.parametrize("name", STAINS)
def test_the_background_stays_or_gets_its_colour(name):
    stained = restain(flat_smear(), STAINS[name])
    wanted = STAINS[name].background or GLASS
    assert np.abs(stained[0, 0] - np.asarray(wanted)).max() <= 0.5


@pytest.mark.parametrize("smear", SMEARS)
@pytest.mark.parametrize("name", STAINS)
def test_the_median_red_cell_gets_its_absorbance(name, smear):
    given, stain = SMEARS[smear], STAINS[name]
    stained = restain(given, stain)
    before = red_cell_absorbance(given, background_colour(given))
    after = red_cell_absorbance(stained, background_colour(stained))
    wanted = np.asarray(stain.red_cells or before) * stain.strength
    assert after == pytest.approx(wanted, abs=0.02 + 0.08 * wanted.max())


def test_the_red_cell_of_a_flat_smear_gets_its_absorbance_exactly():
    stained = restain(flat_smear(), STAINS["Giemsa, dark"])
    assert absorbance(stained[10, 0], GLASS) == pytest.approx(STAINS["Giemsa, dark"].red_cells, abs=0.005)


def test_nuclei_stay_darker_than_red_cells_and_do_not_become_blacker_than_stray_light():
    for name, stain in STAINS.items():
        stained = restain(flat_smear(), stain)
        assert (stained[19, 0].astype(int) < stained[10, 0]).all(), name
        light = np.asarray(stain.background or GLASS)
        assert (absorbance(stained[19, 0] + 0.5, light) <= DARKEST).all(), name


def test_what_is_darker_than_stray_light_already_is_left_so():
    smear = flat_smear()
    smear[19, 0] = 1
    assert restain(smear, Stain(strength=1.5))[19, 0].tolist() == [1, 1, 1]


def test_grey_has_no_hue_left():
    stained = restain(SMEARS["violet"], STAINS["grey"]).astype(int)
    assert (stained.max(axis=-1) - stained.min(axis=-1)).max() <= 1


def test_half_the_strength_and_twice_of_that_is_as_before():
    pale = restain(flat_smear(), Stain(strength=0.5))
    assert np.abs(restain(pale, Stain(strength=2)).astype(int) - flat_smear()).max() <= 1


@pytest.mark.parametrize("name", STAINS)
def test_red_cells_on_top_of_each_other_take_the_light_of_each(name):
    red_cells, stain = np.array([0.05, 0.12, 0.07]), STAINS[name]
    wanted = np.asarray(stain.red_cells or red_cells) * stain.strength
    one, two = change_stain(np.array([[red_cells, 2 * red_cells]], np.float32), red_cells, stain)[0]
    assert one == pytest.approx(wanted, abs=1e-6)
    assert two == pytest.approx(2 * wanted, abs=1e-6)


def test_nothing_becomes_brighter_than_the_background():
    blue = np.array([[[0.5, 0.3, 0.0]]], np.float32)
    assert change_stain(blue, np.array([0.05, 0.12, 0.07]), STAINS["blue-grey"]).min() >= 0


def test_the_dye_of_nuclei_keeps_its_hue():
    red_cells, nucleus = np.array([0.05, 0.12, 0.07]), np.array([[[0.25, 0.35, 0.2]]], np.float32)
    more = nucleus + np.float32(0.05)
    pink = STAINS["pink"]
    added = change_stain(more, red_cells, pink) - change_stain(nucleus, red_cells, pink)
    assert added.ravel() == pytest.approx([added.max()] * 3, abs=1e-5)


def test_an_empty_field_gets_a_background_and_no_cells():
    stained = restain(np.full((6, 8, 3), GLASS, np.uint8), STAINS["nearly grey"])
    assert stained.tolist() == [[list(STAINS["nearly grey"].background)] * 8] * 6


def test_nothing_stained_has_no_absorbance():
    assert red_cell_absorbance(np.full((5, 5, 3), 200, np.uint8), np.full(3, 200.0)).tolist() == [0, 0, 0]


def test_a_photograph_of_one_pixel_can_be_stained():
    assert restain(np.full((1, 1, 3), 90, np.uint8), STAINS["pink"]).tolist() == [[[90, 90, 90]]]
