from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemolens.errors import PhotographError, UsageError
from hemolens.measurements.scale import (
    FALLBACK_PX,
    LEAST_SURE,
    LEAST_TRUSTED,
    USUAL_RED_CELL_UM,
    RedCellDiameter,
    choose_scale,
    estimate_red_cell_diameter,
)
from hemolens.synthetic import draw_smear

BACKGROUND = (226, 222, 214)
RED_CELL = (204, 142, 136)
PALE_CENTRE = (222, 205, 196)
NUCLEUS = (96, 52, 150)
FAINT_RED_CELL = (214, 184, 176)


def blank(n_rows=480, n_cols=640):
    return np.full((n_rows, n_cols, 3), BACKGROUND, np.uint8)


def disc(pixels, row, col, diameter, *, colour=RED_CELL, pale_centre=0.0, aspect=1.0):
    """Draw one cell with soft edges; `pale_centre` is the share of the diameter that is pale."""

    def ellipse(width, fill):
        axes = (round(width * aspect**0.5 * 8), round(width / aspect**0.5 * 8))
        cv2.ellipse(pixels, (round(col * 16), round(row * 16)), axes, 30, 0, 360, fill, -1, cv2.LINE_AA, 4)

    ellipse(diameter, colour)
    if pale_centre:
        ellipse(diameter * pale_centre, PALE_CENTRE)


def smear(diameter, spacing=1.35, n_rows=480, n_cols=640, seed=0, **look):
    """Cells on a shaken grid, `spacing` diameters apart; below 1 they overlap. Soft focus, a little noise."""
    rng = np.random.default_rng(seed)
    pixels = blank(n_rows, n_cols)
    step = spacing * diameter
    for row in np.arange(0.6 * step, n_rows, step):
        for col in np.arange(0.6 * step, n_cols, step):
            shake = rng.uniform(-0.12, 0.12, 2) * diameter
            disc(pixels, row + shake[0], col + shake[1], diameter * rng.normal(1, 0.04), **look)
    pixels = cv2.GaussianBlur(pixels, (0, 0), 1.0)
    return np.clip(pixels + rng.normal(0, 2, pixels.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("diameter", [20, 30, 45, 67, 89, 120, 160, 200])
@pytest.mark.parametrize("pale_centre", [0.0, 0.5])
def test_diameter_of_discs_and_of_rings(diameter, pale_centre):
    found = estimate_red_cell_diameter(smear(diameter, pale_centre=pale_centre))
    assert found.px == pytest.approx(diameter, rel=0.08)
    assert found.confidence > 0.5


@pytest.mark.parametrize(("diameter", "side"), [(15, 400), (300, 1300)])
def test_ends_of_the_range(diameter, side):
    found = estimate_red_cell_diameter(smear(diameter, n_rows=side, n_cols=side))
    assert found.px == pytest.approx(diameter, rel=0.1)


@pytest.mark.parametrize("diameter", [30, 60, 110])
def test_overlapping_cells(diameter):
    found = estimate_red_cell_diameter(smear(diameter, spacing=0.87))
    assert found.px == pytest.approx(diameter, rel=0.12)


def test_oval_cells_count_by_their_area():
    found = estimate_red_cell_diameter(smear(60, aspect=1.3))
    assert found.px == pytest.approx(60, rel=0.1)


def test_a_lone_pair_of_cells_is_measured_with_less_confidence_than_a_field():
    pixels = blank(200, 200)
    disc(pixels, 60, 60, 70)
    disc(pixels, 140, 130, 70)
    pair, field = estimate_red_cell_diameter(pixels), estimate_red_cell_diameter(smear(70))
    assert pair.px == pytest.approx(70, rel=0.08)
    assert 0 < pair.confidence < field.confidence


def test_a_sparse_field_with_noise():
    pixels = blank()
    for row, col in ((90, 80), (210, 420), (330, 200), (380, 560), (110, 560)):
        disc(pixels, row, col, 64, pale_centre=0.4)
    noise = np.random.default_rng(1).normal(0, 5, pixels.shape)
    found = estimate_red_cell_diameter(np.clip(pixels + noise, 0, 255).astype(np.uint8))
    assert found.px == pytest.approx(64, rel=0.1)


def test_white_cells_and_platelets_do_not_vote():
    pixels = smear(60, spacing=1.6)
    for row, col in ((120, 150), (240, 420), (360, 220), (140, 520)):
        disc(pixels, row, col, 125, colour=NUCLEUS)
    rng = np.random.default_rng(2)
    for row, col in rng.uniform(10, 470, (60, 2)):
        disc(pixels, row, col * 1.3, 14, colour=NUCLEUS)
    assert estimate_red_cell_diameter(pixels).px == pytest.approx(60, rel=0.1)


def test_faint_red_cells_beside_very_dark_white_cells():
    pixels = smear(60, spacing=1.6, colour=FAINT_RED_CELL)
    for row, col in ((120, 150), (240, 420), (360, 220)):
        disc(pixels, row, col, 105, colour=(40, 8, 90))
    assert estimate_red_cell_diameter(pixels).px == pytest.approx(60, rel=0.1)


@settings(max_examples=12)
@given(factor=st.floats(0.4, 2.5), seed=st.integers(0, 20))
def test_the_estimate_scales_with_the_photograph(factor, seed):
    pixels = smear(64, n_rows=360, n_cols=440, seed=seed, pale_centre=0.4)
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    resized = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=how)
    before, after = estimate_red_cell_diameter(pixels), estimate_red_cell_diameter(resized)
    assert after.px == pytest.approx(before.px * factor, rel=0.08)


def darker(pixels):
    return (pixels * 0.5).astype(np.uint8)


def grey(pixels):
    return np.repeat(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)


def warm(pixels):
    return np.clip(pixels * np.array([1.0, 0.85, 0.7]), 0, 255).astype(np.uint8)


def out_of_focus(pixels):
    return cv2.GaussianBlur(pixels, (0, 0), 2.0)


def darker_to_the_right(pixels):
    return (pixels * np.linspace(1, 0.7, pixels.shape[1])[None, :, None]).astype(np.uint8)


def turned(pixels):
    return np.rot90(pixels)


@pytest.mark.parametrize("change", [darker, grey, warm, out_of_focus, darker_to_the_right, turned])
def test_light_colour_focus_and_direction_do_not_matter(change):
    found = estimate_red_cell_diameter(change(smear(60, pale_centre=0.4)))
    assert found.px == pytest.approx(60, rel=0.08)


@pytest.mark.parametrize("value", [0, 7, 128, 255])
@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (13, 13), (14, 14), (300, 200)])
def test_a_blank_picture_gives_the_fallback(shape, value):
    pixels = np.full((*shape, 3), value, np.uint8)
    assert estimate_red_cell_diameter(pixels) == RedCellDiameter(FALLBACK_PX, 0.0, "fallback")


@pytest.mark.parametrize("coarseness", [0, 1, 3])
def test_nothing_is_found_in_noise(coarseness):
    noise = np.random.default_rng(0).normal(0, 60, (300, 400, 3))
    if coarseness:
        noise = cv2.GaussianBlur(noise, (0, 0), coarseness)
    pixels = np.clip(150 + noise * 25 / noise.std(), 0, 255).astype(np.uint8)
    assert estimate_red_cell_diameter(pixels) == RedCellDiameter(FALLBACK_PX, 0.0, "fallback")


@pytest.mark.parametrize(("n_bodies", "diameter"), [(4, 125), (40, 25)], ids=["white cells", "platelets"])
def test_nothing_is_found_where_there_are_no_red_cells(n_bodies, diameter):
    pixels = blank()
    for row, col in np.random.default_rng(2).uniform((70, 70), (410, 570), (n_bodies, 2)):
        disc(pixels, row, col, diameter, colour=NUCLEUS)
    assert estimate_red_cell_diameter(pixels).origin == "fallback"


@settings(max_examples=30)
@given(n_rows=st.integers(1, 70), n_cols=st.integers(1, 70), seed=st.integers(0, 99), coarse=st.booleans())
def test_any_picture_gets_an_answer(n_rows, n_cols, seed, coarse):
    pixels = np.random.default_rng(seed).integers(0, 256, (n_rows, n_cols, 3), dtype=np.uint8)
    found = estimate_red_cell_diameter(cv2.blur(pixels, (9, 9)) if coarse else pixels)
    assert 10 <= found.px <= 500
    assert 0 <= found.confidence <= 1


def test_the_photograph_is_left_alone_and_the_answer_repeats():
    pixels = smear(50)
    pixels.setflags(write=False)
    assert estimate_red_cell_diameter(pixels) == estimate_red_cell_diameter(pixels)


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)],
)
def test_other_arrays_are_refused_with_what_came(pixels):
    with pytest.raises(PhotographError, match="uint8 of shape") as caught:
        estimate_red_cell_diameter(pixels)
    assert str(pixels.shape) in str(caught.value)


# ------------------------------------------------------------------ choosing the ruler

SURE, UNSURE = RedCellDiameter(80.0, 0.9), RedCellDiameter(80.0, 0.2)
NOTHING = RedCellDiameter(FALLBACK_PX, 0.0, "fallback")


def test_with_nothing_given_the_estimate_is_the_ruler():
    assert choose_scale(SURE) is SURE


def test_a_given_diameter_is_used_and_the_estimate_kept():
    assert choose_scale(SURE, diameter_px=75) == RedCellDiameter(75.0, 1.0, "diameter_px", SURE)


def test_a_given_scale_makes_usual_red_cells():
    assert choose_scale(SURE, um_per_px=0.1) == RedCellDiameter(75.0, 1.0, "um_per_px", SURE)


def test_the_scale_of_the_file_goes_before_the_estimate():
    assert choose_scale(SURE, file_um_per_px=0.1) == RedCellDiameter(75.0, 1.0, "file", SURE)


@pytest.mark.parametrize("given", [{"diameter_px": 60.0}, {"um_per_px": 0.125}])
def test_the_user_goes_before_the_file(given):
    assert choose_scale(SURE, file_um_per_px=0.1, **given).px == 60


def test_a_file_whose_red_cells_would_be_specks_is_not_believed():
    ruler = choose_scale(SURE, file_um_per_px=2.0)
    assert (ruler.px, ruler.origin) == (80.0, "estimate")
    assert ruler.warning == (
        "the file's 2 µm per pixel is outside 0.015 to 0.75 and was not used, the diameter is estimated"
    )


@pytest.mark.parametrize("factor", [2, 1 / 2, 3, 1 / 3])
def test_a_sure_estimate_overrules_a_wrong_file(factor):
    smear = draw_smear(seed=3, height=600, width=800, n_rbc=36, n_wbc=1, n_plt=3, cut_by_frame=True)
    ruler = choose_scale(estimate_red_cell_diameter(smear.pixels), file_um_per_px=USUAL_RED_CELL_UM / 80 * factor)
    assert (ruler.px, ruler.origin, ruler.um_per_px) == (pytest.approx(80, rel=0.05), "estimate", None)
    assert f"would make red cells {80 / factor:.0f} px wide, the photograph shows {ruler.px:.0f} px" in ruler.warning
    assert ruler.warning.endswith("count again with the right diameter in pixels or µm per pixel")


@pytest.mark.parametrize("width_um", [USUAL_RED_CELL_UM * 0.75, USUAL_RED_CELL_UM * 1.25])
@pytest.mark.parametrize("error", [0.79, 1.26])
def test_small_and_large_red_cells_do_not_make_a_file_wrong(width_um, error):
    um_per_px = 0.1
    estimate = RedCellDiameter(width_um / um_per_px * error, 0.95)
    assert choose_scale(estimate, file_um_per_px=um_per_px).origin == "file"


def test_an_estimate_that_is_not_sure_does_not_overrule_a_file():
    assert choose_scale(RedCellDiameter(80.0, LEAST_SURE - 0.01), file_um_per_px=0.3).origin == "file"


@pytest.mark.parametrize("given", [{"diameter_px": 40.0}, {"um_per_px": USUAL_RED_CELL_UM / 40}])
def test_the_user_is_believed_against_a_sure_estimate(given):
    ruler = choose_scale(SURE, **given)
    assert (ruler.px, "the photograph suggests 80 px" in ruler.warning) == (40, True)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"diameter_px": 80, "um_per_px": 0.09}, "given twice: got a diameter of 80 px and 0.09 µm per pixel"),
        ({"diameter_px": 9}, "diameter in pixels is out of range: got 9; allowed: 10 to 500; correct it"),
        ({"diameter_px": float("nan")}, "out of range: got nan"),
        ({"diameter_px": float("inf")}, "out of range: got inf"),
        ({"um_per_px": 0.0}, "µm per pixel is out of range: got 0; allowed: 0.015 to 0.75; correct it"),
    ],
)
def test_rulers_that_cannot_be_are_refused(given, message):
    with pytest.raises(UsageError, match=message):
        choose_scale(SURE, **given)


@pytest.mark.parametrize("ruler", [SURE, choose_scale(SURE, diameter_px=65), choose_scale(SURE, um_per_px=0.08)])
def test_no_warning_when_all_is_well(ruler):
    assert ruler.warning == ""


@pytest.mark.parametrize(
    ("ruler", "says"),
    [
        (NOTHING, "found to measure, a red-cell diameter of 80 px is assumed: look at the overlay"),
        (UNSURE, "the red-cell diameter, 80 px, is uncertain (confidence 0.20, trusted from 0.4): look"),
        (choose_scale(SURE, diameter_px=60), "diameter given, 60 px, is used, but the photograph suggests 80 px"),
        (choose_scale(SURE, um_per_px=0.05), "from the given µm per pixel, 150 px, is used, but the photograph"),
        (choose_scale(SURE, file_um_per_px=0.07), "from the file's scale, 107 px, is used, but the photograph"),
    ],
)
def test_the_warning_names_both_diameters_and_what_to_do(ruler, says):
    assert says in ruler.warning
    assert ruler.warning.endswith("count again with the right diameter in pixels or µm per pixel")


@pytest.mark.parametrize("estimate", [UNSURE, NOTHING])
def test_a_doubtful_estimate_contradicts_nobody(estimate):
    assert choose_scale(estimate, diameter_px=200).warning == ""


@pytest.mark.parametrize("width_px", [11, 13])
def test_a_photograph_that_a_phone_has_reduced_is_measured_enlarged(width_px):
    smear = draw_smear(seed=3, height=600, width=800, n_rbc=60, n_wbc=1, n_plt=4, red_cell_diameter_px=60)
    zoom = width_px / 60
    small = cv2.resize(smear.pixels, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
    found = estimate_red_cell_diameter(small)
    assert found.px == pytest.approx(width_px, rel=0.15)
    assert found.confidence >= LEAST_TRUSTED
