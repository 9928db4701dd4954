import numpy as np
import pytest

from hemolens.background import DARKEST, background_colour, level_background
from hemolens.synthetic import draw_smear

GLASS = (200, 180, 150)


def smear_on_glass(covered):
    """Rows of stained cells below, empty glass above."""
    pixels = np.full((100, 20, 3), GLASS, np.uint8)
    pixels[round(100 * (1 - covered)) :] = (170, 100, 120)
    return pixels


@pytest.mark.parametrize("covered", [0.0, 0.3, 0.75])
def test_the_background_is_the_bright_part(covered):
    assert background_colour(smear_on_glass(covered)).tolist() == list(GLASS)


def test_a_little_glare_is_no_background():
    pixels = smear_on_glass(0.3)
    pixels[:2] = 255
    assert background_colour(pixels).tolist() == list(GLASS)


def test_the_background_becomes_grey():
    assert np.all(level_background(smear_on_glass(0.5), 220)[0] == 220)


def test_two_lamps_give_the_same_picture():
    smear = draw_smear(3, height=200, width=240, n_rbc=8, n_wbc=1, n_plt=2, red_cell_diameter_px=30).pixels
    first, second = (
        level_background(np.round(smear * np.array(lamp)).astype(np.uint8), 200).astype(int)
        for lamp in ((0.9, 0.8, 0.7), (0.6, 0.7, 0.9))
    )
    assert np.abs(first - second).max() <= 4  # grey levels, rounded three times


def test_a_black_picture_stays_dark():
    black = np.zeros((5, 5, 3), np.uint8)
    assert not level_background(black, 220).any()
    assert level_background(black + np.uint8(1), 220).max() <= 220 / DARKEST + 1


def test_turning_changes_nothing():
    smear = draw_smear(4, height=120, width=200, n_rbc=8, n_wbc=0, n_plt=1, red_cell_diameter_px=20).pixels
    assert np.array_equal(np.rot90(level_background(smear, 220)), level_background(np.rot90(smear), 220))


def test_a_part_is_levelled_by_the_background_of_the_whole():
    part = np.full((2, 2, 3), (100, 80, 50), np.uint8)
    levelled = level_background(part, 220, np.array([200.0, 160.0, 100.0]))
    assert levelled[0, 0].tolist() == [110, 110, 110]
