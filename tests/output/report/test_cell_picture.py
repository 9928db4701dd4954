from dataclasses import replace

import numpy as np
import pytest

from hemolens.cells.counters.peaks import PeaksSettings
from hemolens.images.region import rectangle
from hemolens.measurements.scale import RedCellDiameter
from hemolens.options import CountOptions
from hemolens.output.report.cell_picture import cell_title, make_cell_picture

from .page_reader import Page


def test_a_large_photograph_is_reduced_and_its_outlines_with_it(drawn):
    whole, half = make_cell_picture(drawn, "p1", 400), make_cell_picture(drawn, "p1", 200)
    assert (whole.width, whole.height, half.width, half.height) == (400, 300, 200, 150)
    for large, small in zip(whole.outlines, half.outlines, strict=True):
        for side in (np.min, np.max):
            assert np.abs(side(large.points, axis=0) / 2 - side(small.points, axis=0)).max() < 1


def test_a_small_photograph_is_not_enlarged(drawn):
    assert make_cell_picture(drawn, "p1", 1600).width == 400


def test_very_many_cells_are_drawn_into_the_picture(drawn, monkeypatch):
    plain = make_cell_picture(drawn, "p1", 200).jpeg
    monkeypatch.setattr("hemolens.output.report.cell_picture.MOST_OUTLINES", len(drawn.cells) - 1)
    picture = make_cell_picture(drawn, "p1", 200)
    assert picture.outlines == []
    assert picture.jpeg != plain
    assert "checkbox" not in picture.html()


def test_each_cell_has_an_outline_with_its_number_and_type(drawn):
    outlines = make_cell_picture(drawn, "p1", 400).outlines
    assert sorted(each.number for each in outlines) == list(range(1, len(drawn.cells) + 1))
    assert all(drawn.cells[each.number - 1].type == each.type for each in outlines)


def test_small_cells_lie_over_large_ones(drawn):
    kinds = [each.type for each in make_cell_picture(drawn, "p1", 400).outlines]
    assert kinds == ["rbc"] * 14 + ["wbc"] + ["plt"] * 3


def test_half_a_pixel_is_the_corner_of_the_first_pixel(make_result, make_cell):
    (outline,) = make_cell_picture(make_result("a.png", make_cell(row=5, col=7, half=2)), "p1", 60).outlines
    assert outline.points.min(axis=0).tolist() == [5.5, 3.5]


def test_the_html_closes_what_it_opens_and_has_a_switch_for_each_type(drawn):
    page = Page(make_cell_picture(drawn, "p7", 400).html())
    assert page.faults == []
    assert [attributes["id"] for tag, attributes in page.elements if tag == "input"] == ["p7-rbc", "p7-wbc", "p7-plt"]
    assert "red cells: 14" in page.text
    assert len([tag for tag, _ in page.elements if tag == "polygon"]) == len(drawn.cells)


def test_a_region_is_outlined(drawn):
    picture = make_cell_picture(replace(drawn, options=CountOptions(region=rectangle(10, 20, 110, 220))), "p1", 200)
    (border,) = picture.borders
    assert (border.min(axis=0).tolist(), border.max(axis=0).tolist()) == ([5, 10], [55, 110])
    assert len(Page(picture.html()).classes("border")) == 1


def test_unsure_cells_are_marked(drawn):
    first = replace(drawn.cells[0], score=0.2)
    calibrated = PeaksSettings(score_points=((0.0, 0.0), (1.0, 1.0)))
    methods = {kind: replace(method, settings=calibrated) for kind, method in drawn.methods.items()}
    unsure = replace(drawn, cells=[first, *drawn.cells[1:]], methods=methods)
    page = Page(make_cell_picture(unsure, "p1", 400).html())
    assert [attributes["id"] for _, attributes in page.classes("unsure")] == ["p1-1"]
    assert "unsure: look at it" in page.text


@pytest.mark.parametrize(
    ("ruler", "diameter"),
    [
        (RedCellDiameter(75.0, 0.9), "5.6 px = 0.6 µm (assumed)"),
        (RedCellDiameter(75.0, 1.0, "um_per_px"), "5.6 px = 0.6 µm (given)"),
        (RedCellDiameter(75.0, 0.1), "5.6 px"),
    ],
)
def test_a_diameter_has_micrometres_where_the_scale_is_known(ruler, diameter, make_cell):
    title = cell_title(make_cell(), 12, ruler, is_unsure=False)
    assert title == f"red cell 12: diameter {diameter}, score 0.75"


def test_a_cell_at_the_frame_is_said_to_be_there(make_cell):
    title = cell_title(make_cell("plt", touches_frame=True), 1, RedCellDiameter(75.0, 0.1), is_unsure=False)
    assert title.startswith("platelet 1:")
    assert title.endswith("at the frame")
