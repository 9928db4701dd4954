"""What a large smear is measured on."""

from dataclasses import replace

import numpy as np
import pytest

from hemolens.images.box import Box
from hemolens.images.photograph import photograph_from_array
from hemolens.images.region import rectangle
from hemolens.measurements.colours import MeasuredColours, measure_colours
from hemolens.measurements.quality import judge_photograph
from hemolens.measurements.scale import FALLBACK_PX, RedCellDiameter, estimate_red_cell_diameter
from hemolens.plan.blocks import plan_blocks
from hemolens.plan.fields import choose_fields, consensus, judge_fields, measure_diameter, measure_field_colours
from hemolens.synthetic import draw_smear

COLOURS = MeasuredColours(np.full(3, 200.0), np.full(3, 0.1))
NOTHING = RedCellDiameter(FALLBACK_PX, 0.0, "fallback")


@pytest.fixture(scope="module")
def drawn():
    return draw_smear(seed=7, height=300, width=400, n_rbc=25, n_wbc=0, n_plt=2, red_cell_diameter_px=40)


@pytest.fixture(scope="module")
def image(drawn):
    """Stain in the right half of an otherwise empty slide."""
    empty = np.full_like(drawn.pixels, np.median(drawn.pixels, axis=(0, 1)).astype(np.uint8))
    return photograph_from_array(np.hstack([empty, np.vstack([drawn.pixels])]))


@pytest.fixture
def small_fields(monkeypatch):
    monkeypatch.setattr("hemolens.plan.fields.LARGEST_FIELD_PX", 1000)
    monkeypatch.setattr("hemolens.plan.fields.FIELD_SIDE_PX", 100)


def test_a_photograph_is_measured_whole(image):
    assert choose_fields(image) == [Box(0, 0, 300, 800)]


def test_fields_lie_where_something_is_stained(image, small_fields):
    fields = choose_fields(image)
    assert len(fields) == 9
    assert len(set(fields)) == 9
    assert all(field.col0 >= 400 for field in fields)


def test_fields_of_an_empty_slide_are_spread_over_it(small_fields):
    fields = choose_fields(photograph_from_array(np.full((500, 500, 3), 230, np.uint8)))
    assert len(fields) == 9
    assert {field.row0 for field in fields} == {0, 100, 200, 300, 400}


def test_fields_lie_around_the_region(image, small_fields):
    fields = choose_fields(image, rectangle(450, 20, 690, 130))
    assert fields == [Box(25, 470, 125, 570), Box(25, 570, 125, 670)]


def test_a_field_of_a_tiny_region_lies_inside_the_smear(image, small_fields):
    assert choose_fields(image, rectangle(790, 290, 800, 300)) == [Box(200, 700, 300, 800)]


def test_one_field_gives_the_estimate_of_the_photograph(drawn):
    photograph = photograph_from_array(drawn.pixels)
    estimate = measure_diameter(photograph, choose_fields(photograph))
    assert estimate == estimate_red_cell_diameter(drawn.pixels)


def test_fields_that_disagree_or_show_nothing_lower_the_confidence():
    sure = [RedCellDiameter(px, 0.8) for px in (40.0, 41.0, 42.0)]
    assert consensus([*sure, NOTHING]).confidence == 0.8
    assert consensus([*sure, NOTHING, NOTHING, RedCellDiameter(90.0, 0.1), NOTHING]).confidence == 0.0
    assert consensus([*sure, RedCellDiameter(90.0, 0.8)]).px in {41.0, 42.0}


def test_nothing_found_anywhere_is_the_fallback():
    assert consensus([NOTHING, NOTHING]) == NOTHING


def test_the_colours_of_all_fields_are_those_of_the_whole(drawn):
    photograph = photograph_from_array(drawn.pixels)
    left, right = Box(0, 0, 300, 200), Box(0, 200, 300, 400)
    background, red_cells = measure_field_colours(photograph, [left, right], 40)
    whole = measure_colours(drawn.pixels, 40)
    assert background == pytest.approx(whole.background, abs=2)
    assert red_cells == pytest.approx(whole.red_cell_absorbance, rel=0.1)


def test_one_field_is_judged_as_the_photograph(drawn):
    photograph = photograph_from_array(drawn.pixels)
    diameter = RedCellDiameter(40.0, 1.0, "diameter_px")
    blocks = plan_blocks(photograph.shape, diameter.px, block_diameters=4)
    colours = measure_colours(drawn.pixels, diameter.px)
    quality = judge_fields(photograph, choose_fields(photograph), blocks, diameter, drawn.cells, colours)
    assert quality == judge_photograph(drawn.pixels, diameter, drawn.cells)


def test_one_bad_field_in_three_does_not_spoil_a_slide(drawn):
    diameter = RedCellDiameter(40.0, 1.0, "diameter_px")
    black = np.zeros_like(drawn.pixels)
    photograph = photograph_from_array(np.vstack([drawn.pixels, drawn.pixels, black]))
    shifted = [
        replace(cell, row=cell.row + 300, box=Box(cell.box[0] + 300, cell.box[1], cell.box[2] + 300, cell.box[3]),
                outline=cell.outline + np.float32([300, 0]))
        for cell in drawn.cells
    ]  # fmt: skip
    fields = [Box(row, 0, row + 300, 400) for row in (0, 300, 600)]
    (block,) = plan_blocks(photograph.shape, 40.0)
    quality = judge_fields(photograph, fields, [block], diameter, [*drawn.cells, *shifted], COLOURS)
    assert quality.verdict == "accept"


def test_a_field_that_was_not_counted_is_not_judged(drawn):
    """With a region, the cells of other blocks are not known: there nothing is missed."""
    diameter = RedCellDiameter(40.0, 1.0, "diameter_px")
    photograph = photograph_from_array(drawn.pixels)
    left = plan_blocks((300, 400), 40.0, rectangle(0, 0, 10, 10), block_diameters=5)[:1]
    counted = left[0].owned(drawn.cells)
    quality = judge_fields(photograph, [Box(0, 0, 300, 400)], left, diameter, counted, COLOURS)
    assert quality.measures["missed"] < 0.3
