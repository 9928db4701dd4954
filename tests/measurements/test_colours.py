from itertools import product
from typing import get_args

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from hemolens.images.photograph import read_photograph
from hemolens.measurements.colours import (
    DARKEST,
    FACTORS,
    MeasuredColours,
    StandardColours,
    absorbance,
    background_colour,
    factors,
    measure_colours,
    standardise,
)
from hemolens.synthetic import StainName, draw_smear

GLASS = (200, 180, 150)
RED_CELL, NUCLEUS, PLASMA = (0.06, 0.2, 0.11), (0.35, 0.7, 0.12), (0.1, 0.1, 0.01)
STANDARD = StandardColours(background_level=220, red_cell_absorbance=(0.06, 0.14, 0.09))
DIAMETER_PX = 20


def smear_on_glass(covered, cell=(170, 100, 120)):
    """Rows of stained cells below, empty glass above."""
    pixels = np.full((100, 20, 3), GLASS, np.uint8)
    pixels[round(100 * (1 - covered)) :] = cell
    return pixels


def smear_of(*cells, side=200, glass=GLASS, seed=0):
    """Discs of (row, col, diameter, absorbance), one on the other, on glass with a little noise."""
    taken_up = np.zeros((side, side, 3))
    for row, col, diameter, of_disc in cells:
        disc = cv2.circle(np.zeros((side, side)), (col, row), round(diameter / 2), 1.0, cv2.FILLED)
        taken_up[disc > 0] = of_disc
    light = np.array(glass) * 10 ** -cv2.GaussianBlur(taken_up, (0, 0), 1)
    return np.clip(light + np.random.default_rng(seed).normal(0, 1.5, light.shape), 0, 255).astype(np.uint8)


def red_cells(n, of_disc=RED_CELL, step=25):
    places = product(range(15, 190, step), range(15, 190, step))
    return [(row, col, DIAMETER_PX, of_disc) for _, (row, col) in zip(range(n), places, strict=False)]


def white_cells(n, plasma=PLASMA):
    places = [(row, col) for row in (40, 100, 160) for col in (40, 100, 160)][:n]
    return [(row, col, diameter, of_disc) for row, col in places for diameter, of_disc in ((36, plasma), (26, NUCLEUS))]


def drawn_smear(seed=3, stain="pink"):
    return draw_smear(
        seed, height=300, width=360, n_rbc=25, n_wbc=1, n_plt=2, red_cell_diameter_px=30, stain=stain
    )  # fmt: skip


def red_cells_of(pixels, diameter_px=DIAMETER_PX):
    return measure_colours(pixels, diameter_px).red_cell_absorbance


def brought_to_standard(pixels, diameter_px=DIAMETER_PX):
    return standardise(pixels, STANDARD, measure_colours(pixels, diameter_px))


@pytest.mark.parametrize("covered", [0.0, 0.3, 0.75, 0.9])
def test_the_background_is_the_bright_part(covered):
    assert background_colour(smear_on_glass(covered)).tolist() == list(GLASS)


def test_a_little_glare_is_no_background():
    pixels = smear_on_glass(0.3)
    pixels[:2] = 255
    assert background_colour(pixels).tolist() == list(GLASS)


def test_a_black_border_is_no_background():
    pixels = np.vstack([np.zeros((300, 20, 3), np.uint8), smear_on_glass(0.5)])
    assert background_colour(pixels).tolist() == list(GLASS)


@pytest.mark.parametrize("grey", [0, 7, 255])
def test_one_grey_is_its_own_background(grey):
    pixels = np.full((30, 40, 3), grey, np.uint8)
    assert background_colour(pixels).tolist() == [grey] * 3
    assert red_cells_of(pixels) is None


def test_a_background_is_never_darker_than_the_darkest():
    assert absorbance(np.full((1, 3), DARKEST, np.uint8), np.zeros(3)).tolist() == [[0, 0, 0]]


@pytest.mark.parametrize("n_cells", [3, 15, 49])
def test_red_cells_are_measured_few_or_many(n_cells):
    assert red_cells_of(smear_of(*red_cells(n_cells))) == pytest.approx(RED_CELL, rel=0.12)


@pytest.mark.parametrize(
    "of_disc",
    [(0.02, 0.05, 0.04), (0.06, 0.2, 0.11), (0.39, 0.42, 0.23), (0.55, 0.6, 0.33), (0.2, 0.2, 0.2), (0.0, 0.3, 0.15)],
    ids=["pale", "pink", "blue-grey", "dark", "grey", "no red absorbance"],
)
def test_red_cells_of_any_stain_are_measured(of_disc):
    cells = [*white_cells(1), *red_cells(49, of_disc)[15:]]
    assert red_cells_of(smear_of(*cells)) == pytest.approx(of_disc, rel=0.12, abs=0.01)


def test_crowded_red_cells_are_measured():
    assert red_cells_of(smear_of(*red_cells(100, step=18))) == pytest.approx(RED_CELL, rel=0.12)


@pytest.mark.parametrize("n_cells", [1, 9])
def test_white_cells_alone_are_not_taken_for_red_ones(n_cells):
    assert red_cells_of(smear_of(*white_cells(n_cells))) is None


def test_a_few_red_cells_among_many_white_ones_are_measured():
    red = [(row, col, DIAMETER_PX, RED_CELL) for row, col in ((70, 70), (130, 70), (70, 130), (130, 130))]
    assert red_cells_of(smear_of(*white_cells(9), *red)) == pytest.approx(RED_CELL, rel=0.2)


def test_platelets_alone_are_not_taken_for_red_cells():
    assert red_cells_of(smear_of(*[(row, col, 6, RED_CELL) for row, col, _, _ in red_cells(49)])) is None


def test_empty_glass_has_no_red_cells():
    assert red_cells_of(smear_of()) is None


def test_dark_corners_are_not_taken_for_red_cells():
    smear = smear_of(*red_cells(49, step=27))
    rows, cols = np.mgrid[-1:1:200j, -1:1:200j]
    shaded = (smear * (1 - 0.25 * (rows**2 + cols**2))[..., None]).astype(np.uint8)
    assert red_cells_of(shaded) == pytest.approx(RED_CELL, rel=0.25)


@pytest.mark.parametrize("stain", get_args(StainName))
def test_drawn_red_cells_get_the_absorbance_of_the_standard(stain):
    drawn = drawn_smear(stain=stain)
    standard = brought_to_standard(drawn.pixels, 30)
    in_red_cells = (drawn.labels("rbc") > 0) & (drawn.labels("wbc") == 0)
    taken_up = np.median(absorbance(standard[in_red_cells], np.full(3, 220.0)), axis=0)
    assert taken_up == pytest.approx(STANDARD.red_cell_absorbance, rel=0.25)


@pytest.mark.parametrize("strength", [0.6, 1.6])
def test_a_stain_that_is_stronger_or_weaker_gives_the_same_picture(strength):
    smear = drawn_smear().pixels
    background = background_colour(smear)
    restained = np.clip(background * (smear / background) ** strength, 0, 255).astype(np.uint8)
    first, second = (brought_to_standard(pixels, 30).astype(int) for pixels in (smear, restained))
    assert np.percentile(np.abs(first - second), 95) <= 8  # grey levels


def test_two_lamps_give_the_same_picture():
    first, second = (
        brought_to_standard(np.round(drawn_smear().pixels * np.array(lamp)).astype(np.uint8), 30).astype(int)
        for lamp in ((0.9, 0.8, 0.7), (0.6, 0.7, 0.9))
    )
    assert np.abs(first - second).mean() <= 2  # grey levels


@pytest.mark.parametrize("wrong", [0.8, 1.25])
def test_a_ruler_that_is_wrong_by_a_fifth_makes_no_difference(wrong):
    smear = smear_of(*white_cells(1), *red_cells(49)[15:])
    assert red_cells_of(smear, wrong * DIAMETER_PX) == pytest.approx(red_cells_of(smear), rel=0.1)


def test_the_size_of_the_picture_makes_no_difference():
    smear = drawn_smear().pixels
    larger = cv2.resize(smear, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    assert red_cells_of(larger, 60) == pytest.approx(red_cells_of(smear, 30), rel=0.05)


def test_factors_are_limited():
    pale, dark = (MeasuredColours(np.full(3, 200.0), np.full(3, of_cells)) for of_cells in (0.001, 9.0))
    assert factors(STANDARD, pale).tolist() == [FACTORS[1]] * 3
    assert factors(STANDARD, dark).tolist() == [FACTORS[0]] * 3


@pytest.mark.parametrize("red", [0.001, 0.0, -0.01])
def test_a_channel_that_shows_no_red_cells_is_not_made_much_stronger_than_the_others(red):
    measured = MeasuredColours(np.full(3, 200.0), np.array([red, 0.28, 0.15]))
    assert factors(STANDARD, measured) == pytest.approx([2 * 0.6, 0.5, 0.6])


def test_what_could_not_be_measured_stays_as_strong_as_it_is():
    pixels = smear_of(*white_cells(3), glass=(220, 220, 220))
    assert np.abs(brought_to_standard(pixels).astype(int) - pixels).max() <= 1


def test_the_background_becomes_grey():
    assert np.all(brought_to_standard(smear_on_glass(0.5))[0] == 220)


def test_what_is_brighter_than_the_background_stays_brighter():
    standard = standardise(np.full((1, 1, 3), 210, np.uint8), STANDARD, MeasuredColours(np.full(3, 200.0), None))
    assert standard[0, 0].tolist() == [231, 231, 231]


def test_a_black_picture_stays_dark():
    black = np.zeros((5, 5, 3), np.uint8)
    assert not brought_to_standard(black).any()
    assert brought_to_standard(black + np.uint8(1)).max() <= 220 / DARKEST + 1


def test_turning_changes_nothing():
    smear = drawn_smear(4).pixels
    assert np.array_equal(np.rot90(brought_to_standard(smear, 30)), brought_to_standard(np.rot90(smear), 30))


def test_one_pixel_is_enough():
    assert red_cells_of(np.full((1, 1, 3), 100, np.uint8)) is None


@pytest.mark.parametrize("red_cell", [(0.06, 0.0, 0.09), (0.06, 0.14), (0.06, float("inf"), 0.09)])
def test_a_standard_has_three_absorbances_above_zero(red_cell):
    with pytest.raises(ValidationError, match="red_cell_absorbance"):
        StandardColours(background_level=220, red_cell_absorbance=red_cell)


@pytest.mark.data
@pytest.mark.parametrize(("name", "of_labels"), [("Im053_1", (0.04, 0.1, 0.1)), ("Im037_0", (0.03, 0.11, 0.11))])
def test_red_cells_of_photographs_are_measured_as_labelled(data, name, of_labels):
    pixels = read_photograph(data / "all-idb1" / "images" / f"{name}.jpg").pixels
    assert red_cells_of(pixels, 75) == pytest.approx(of_labels, rel=0.33, abs=0.01)
