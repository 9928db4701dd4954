import numpy as np
import pytest

from hemolens.colours import (
    DARKEST,
    LARGEST_FACTOR,
    MeasuredColours,
    StandardColours,
    background_colour,
    measure_colours,
    standardise,
)
from hemolens.evaluation.robustness import scale_saturation
from hemolens.synthetic import draw_smear

GLASS = (200, 180, 150)
STANDARD = StandardColours(background_level=220, red_cell_saturation=0.2)


def smear_on_glass(covered, cell=(170, 100, 120)):
    """Rows of stained cells below, empty glass above."""
    pixels = np.full((100, 20, 3), GLASS, np.uint8)
    pixels[round(100 * (1 - covered)) :] = cell
    return pixels


def drawn_smear(seed=3):
    return draw_smear(seed, height=200, width=240, n_rbc=8, n_wbc=1, n_plt=2, red_cell_diameter_px=30).pixels


def saturation(colour):
    return 1 - colour.min() / colour.max()


@pytest.mark.parametrize("covered", [0.0, 0.3, 0.75])
def test_the_background_is_the_bright_part(covered):
    assert background_colour(smear_on_glass(covered)).tolist() == list(GLASS)


def test_a_little_glare_is_no_background():
    pixels = smear_on_glass(0.3)
    pixels[:2] = 255
    assert background_colour(pixels).tolist() == list(GLASS)


def test_the_saturation_is_that_of_light_divided_by_the_backgrounds():
    assert measure_colours(smear_on_glass(0.5, (180, 90, 120))).red_cell_saturation == pytest.approx(
        1 - 0.5 / 0.9, 0.01
    )


def test_white_cells_do_not_count_as_red_ones():
    pixels = smear_on_glass(0.5)
    before = measure_colours(pixels)
    pixels[50:80] = (80, 40, 120)
    assert measure_colours(pixels).red_cell_saturation == before.red_cell_saturation


def test_empty_glass_has_no_red_cells():
    assert measure_colours(smear_on_glass(0)).red_cell_saturation is None


def test_the_background_becomes_grey():
    assert np.all(standardise(smear_on_glass(0.5), STANDARD)[0] == 220)


def test_empty_glass_becomes_grey():
    assert np.all(standardise(smear_on_glass(0), STANDARD) == 220)


@pytest.mark.parametrize("cell", [(170, 120, 110), (185, 125, 100)])
def test_red_cells_become_as_colourful_as_the_standard(cell):
    standard = standardise(smear_on_glass(0.5, cell), STANDARD)
    assert saturation(standard[-1, 0].astype(float)) == pytest.approx(0.2, abs=0.01)


def test_colours_that_are_nearly_grey_stay_so():
    standard = standardise(smear_on_glass(0.5, (150, 133, 113)), STANDARD)
    assert saturation(standard[-1, 0].astype(float)) < 0.02 * LARGEST_FACTOR


def test_two_lamps_give_the_same_picture():
    first, second = (
        standardise(np.round(drawn_smear() * np.array(lamp)).astype(np.uint8), STANDARD).astype(int)
        for lamp in ((0.9, 0.8, 0.7), (0.6, 0.7, 0.9))
    )
    assert np.abs(first - second).mean() <= 2  # grey levels


@pytest.mark.parametrize("factor", [0.7, 1.3])
def test_a_camera_that_makes_colours_weaker_or_stronger_gives_the_same_picture(factor):
    smear = standardise(drawn_smear(), STANDARD)
    changed = standardise(scale_saturation(smear, factor), STANDARD).astype(int)
    assert np.percentile(np.abs(changed - smear), 95) <= 4  # grey levels


def test_a_black_picture_stays_dark():
    black = np.zeros((5, 5, 3), np.uint8)
    assert not standardise(black, STANDARD).any()
    assert standardise(black + np.uint8(1), STANDARD).max() <= 220 / DARKEST + 1


def test_turning_changes_nothing():
    smear = drawn_smear(4)
    assert np.array_equal(np.rot90(standardise(smear, STANDARD)), standardise(np.rot90(smear), STANDARD))


def test_a_part_is_standardised_by_the_colours_of_the_whole():
    part = np.full((2, 2, 3), (100, 80, 25), np.uint8)
    standard = standardise(part, STANDARD, MeasuredColours(np.array([200.0, 160.0, 100.0]), 0.25))
    assert standard[0, 0].tolist() == [110, 110, 66]
