"""What surrounds a smear in a picture is found, painted over and never counted."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

import hemolens
from hemolens.images.box import Box
from hemolens.images.photograph import photograph_from_array
from hemolens.images.region import rectangle
from hemolens.measurements.field_of_view import FieldImage, find_field_of_view
from hemolens.options import CountOptions
from hemolens.pipeline import count_image
from hemolens.synthetic import draw_smear

HEIGHT, WIDTH = 420, 560


@pytest.fixture(scope="module")
def smear():
    return draw_smear(seed=7, height=HEIGHT, width=WIDTH, n_rbc=40, n_wbc=1, n_plt=3, red_cell_diameter_px=50)


@pytest.fixture(scope="module")
def whole(smear):
    return hemolens.count(smear.pixels)


def field_of(pixels):
    return find_field_of_view(photograph_from_array(pixels))


def framed(pixels, level, margin=40):
    height, width = pixels.shape[:2]
    picture = np.full((height + 2 * margin, width + 2 * margin, 3), level, np.uint8)
    picture[margin : margin + height, margin : margin + width] = pixels
    return picture


def in_eyepiece(pixels, row, col, radius, blur=3.0):
    """Black around a disc with a blurred rim, and a little darker towards it."""
    rows, cols = np.indices(pixels.shape[:2])
    distance = np.hypot(rows - row, cols - col)
    light = cv2.GaussianBlur((distance < radius).astype(np.float32), (0, 0), blur)
    light *= np.clip(1 - 0.2 * (distance / radius) ** 2, 0, 1)
    return np.rint(pixels * light[..., None] + 6).clip(0, 255).astype(np.uint8)


def test_a_photograph_of_nothing_but_the_smear_has_no_surroundings(smear):
    assert field_of(smear.pixels) is None


@pytest.mark.parametrize("seed", range(4))
def test_an_even_background_is_not_taken_for_surroundings(seed):
    assert field_of(draw_smear(seed, height=240, width=320, n_rbc=6, n_wbc=0, n_plt=1).pixels) is None


def test_white_background_between_cells_is_not_taken_for_surroundings(smear):
    pixels = smear.pixels.copy()
    pixels[pixels.min(axis=2) > 170] = 255
    assert field_of(pixels) is None


def test_a_picture_of_one_colour_has_no_field():
    for level in (0, 200, 255):
        assert field_of(np.full((60, 90, 3), level, np.uint8)) is None


@pytest.mark.parametrize("level", [0, 255])
def test_a_margin_is_left_out(smear, whole, level):
    result = hemolens.count(framed(smear.pixels, level))
    x0, y0, x1, y1 = result.field_of_view.region.bounds
    assert 40 <= x0 <= 44
    assert 40 <= y0 <= 44
    assert WIDTH + 36 <= x1 <= WIDTH + 40
    assert HEIGHT + 36 <= y1 <= HEIGHT + 40
    assert abs(result.counts.rbc - whole.counts.rbc) <= 2
    assert result.counts.wbc == whole.counts.wbc
    assert all(40 <= cell.row < HEIGHT + 40 for cell in result.cells)


def test_the_panels_of_a_figure_are_one_field_in_parts(smear, whole):
    pair = np.hstack([smear.pixels, np.full((HEIGHT, 30, 3), 255, np.uint8), smear.pixels])
    result = hemolens.count(framed(pair, 255, 20))
    assert len(result.field_of_view.region.polygons) == 2
    assert result.counts.rbc == pytest.approx(2 * whole.counts.rbc, abs=4)


def test_a_bar_of_data_below_the_picture_is_left_out(smear, whole):
    bar = np.full((50, WIDTH, 3), 250, np.uint8)
    cv2.putText(bar, "x100 oil  20 um", (20, 32), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (0, 0, 0), 2)
    result = hemolens.count(np.vstack([smear.pixels, bar]))
    assert result.field_of_view.region.bounds[3] <= HEIGHT
    assert abs(result.counts.rbc - whole.counts.rbc) <= 1
    assert result.counts.plt == whole.counts.plt


@pytest.mark.parametrize(("row", "col"), [(210, 280), (190, 240)])
def test_a_round_field_is_found_beside_the_axis_too(smear, row, col):
    result = hemolens.count(in_eyepiece(smear.pixels, row, col, 180))
    x0, y0, x1, y1 = result.field_of_view.region.bounds
    assert ((x0 + x1) / 2, (y0 + y1) / 2) == pytest.approx((col, row), abs=4)
    assert 165 <= (x1 - x0) / 2 <= 181
    inside = sum(np.hypot(c.row - row, c.col - col) < 180 for c in smear.cells if c.type == "rbc")
    assert result.counts.rbc == pytest.approx(inside, abs=max(2, 0.1 * inside))
    assert result.quality.verdict != "reject"


def test_cells_that_the_rim_cuts_are_cut_cells(smear):
    result = hemolens.count(framed(smear.pixels, 255))
    at_rim = [cell for cell in result.cells if cell.box.row0 <= 43 or cell.box.col0 <= 43]
    assert at_rim
    assert all(cell.touches_frame for cell in at_rim)


def test_only_the_field_is_counted_area(smear):
    pixels = framed(smear.pixels, 255, 200)
    area = hemolens.count(pixels).frame.area_px
    assert 0.94 * HEIGHT * WIDTH < area < HEIGHT * WIDTH


def test_a_region_is_counted_within_the_field(smear):
    photograph = photograph_from_array(framed(smear.pixels, 255))
    result = count_image(photograph, CountOptions(region=rectangle(0, 0, 300, 500)))
    assert result.region.bounds[0] >= 40
    assert result.frame.area_px < 260 * HEIGHT
    assert all(cell.box.col0 < 300 for cell in result.cells)


def test_surroundings_are_painted_as_the_background_next_to_them_and_the_rest_is_left(smear):
    falling = np.rint(smear.pixels * np.linspace(1, 0.6, WIDTH)[None, :, None]).astype(np.uint8)
    photograph = photograph_from_array(framed(falling, 0))
    field = find_field_of_view(photograph)
    everything = Box(0, 0, *photograph.shape)
    pixels, inside = FieldImage(photograph, field.region, 50.0).read(everything), field.region.within(everything)
    np.testing.assert_array_equal(pixels[inside], photograph.pixels[inside])
    for painted, beside in ((pixels[:, :40], falling[:, :30]), (pixels[:, -40:], falling[:, -30:])):
        np.testing.assert_allclose(np.median(painted, (0, 1)), np.percentile(beside, 75, (0, 1)), rtol=0.08)


def test_the_scale_of_the_file_still_holds(smear):
    photograph = replace(photograph_from_array(framed(smear.pixels, 255)), um_per_px=0.15)
    assert count_image(photograph).red_cell_diameter.origin == "file"
