"""A click gives a cell, wherever it is."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemolens.cell_types import CELL_TYPES
from hemolens.cells.cell import cells_from_circles
from hemolens.errors import ModelError, ReviewError
from hemolens.images.photograph import photograph_from_array
from hemolens.options import CountOptions
from hemolens.pipeline import count_image
from hemolens.review.edits import Edits
from hemolens.review.outlines import body_of_cells
from hemolens.review.proposal import LARGEST, plan_of, propose_cell
from hemolens.synthetic import draw_smear


@pytest.fixture(scope="module")
def plan(counted):
    return plan_of(counted)


def holds(cell, row, col):
    return cv2.pointPolygonTest(np.ascontiguousarray(cell.outline[:, ::-1]), (col, row), True) >= -1


def centre(cell):
    row0, col0, row1, col1 = cell.box
    return (row0 + row1 - 1) / 2, (col0 + col1 - 1) / 2


@pytest.mark.parametrize("kind", CELL_TYPES)
def test_a_click_on_a_cell_proposes_that_cell(smear, plan, kind):
    labels = smear.labels(kind)
    clicked = [cell for cell in smear.cells if cell.type == kind and cell.box.row0 > 0 and cell.box.col0 > 0]
    shares = []
    for cell in clicked:
        proposed = body_of_cells([propose_cell(plan, *centre(cell), kind)])
        row0, col0, row1, col1 = proposed.box
        number = labels[tuple(np.rint(centre(cell)).astype(int))]
        true = labels == number
        shared = (true[row0:row1, col0:col1] & proposed.pixels).sum()
        shares.append(shared / (true.sum() + proposed.pixels.sum() - shared))
    assert np.median(shares) > 0.6


def test_what_is_proposed_can_be_added(counted, plan):
    proposed = propose_cell(plan, 150, 200, "rbc", counted.cells)
    (change,) = Edits(counted, {}, "Ada", "c").add(proposed.outline, "rbc")
    assert change.after.cell.area_px == pytest.approx(proposed.area_px, rel=0.1)


@settings(max_examples=25)
@given(row=st.floats(-0.5, 299.4), col=st.floats(-0.5, 399.4), kind=st.sampled_from(CELL_TYPES))
def test_any_place_gives_a_cell_of_a_possible_size(counted, plan, row, col, kind):
    cell = propose_cell(plan, row, col, kind, counted.cells)
    assert holds(cell, row, col)
    assert cell.type == kind
    assert cell.score == 1.0
    assert 0 < cell.diameter_px <= LARGEST * 2 * plan.diameter.px
    assert 0 <= cell.box.row0 < cell.box.row1 <= 300
    assert 0 <= cell.box.col0 < cell.box.col1 <= 400


@pytest.mark.parametrize("place", [(-1, 5), (5, 400), (float("nan"), 5), (5, float("inf"))])
def test_there_is_no_cell_outside_of_the_image(plan, place):
    with pytest.raises(ReviewError, match="outside of the image"):
        propose_cell(plan, *place, "rbc")


def test_a_neighbour_keeps_what_is_its_own(plan, monkeypatch):
    monkeypatch.setattr("hemolens.review.proposal._bodies_at", lambda *_: iter(()))
    neighbour, far = cells_from_circles(np.array([[150, 130, 25], [150, 300, 25]]), cell_type="rbc", shape=(300, 400))
    free = propose_cell(plan, 150, 100, "rbc", [neighbour])
    alone = propose_cell(plan, 150, 100, "rbc", [far])
    shared = [body_of_cells(cells).pixels.sum() for cells in ([alone], [neighbour], [alone, neighbour])]
    assert alone.area_px - free.area_px == pytest.approx(shared[0] + shared[1] - shared[2], abs=2)
    assert free.area_px < 0.9 * alone.area_px


def test_a_platelet_may_lie_on_a_red_cell(plan):
    red, *_ = cells_from_circles(np.array([[150, 100, 25]]), cell_type="rbc", shape=(300, 400))
    on = propose_cell(plan, 150, 126, "plt", [red])
    assert on.area_px == propose_cell(plan, 150, 126, "plt").area_px


def test_without_its_model_there_is_a_circle_as_large_as_the_others(plan, monkeypatch):
    def gone(*_):
        raise ModelError("gone", came="nothing", allowed="a model", do="get it")

    monkeypatch.setattr("hemolens.review.proposal.compute_maps", gone)
    others = cells_from_circles(np.array([[50, 50, 15.0], [250, 50, 15.0]]), cell_type="wbc", shape=(300, 400))
    cell = propose_cell(plan, 150, 200, "wbc", others)
    assert cell.diameter_px == pytest.approx(30, rel=0.02)


def test_the_plan_of_a_result_shows_what_its_count_saw(counted, plan):
    red = next(cell for cell in counted.cells if cell.type == "rbc" and not cell.touches_frame)
    proposed = propose_cell(plan, red.row, red.col, "rbc", [cell for cell in counted.cells if cell is not red])
    assert proposed.area_px == pytest.approx(red.area_px, rel=0.15)


def test_the_field_of_view_stays_as_it_was_found(counted):
    assert plan_of(replace(counted, field_of_view=None)).counted_image is counted.image


def test_a_model_without_a_network_proposes_what_it_counts():
    image = photograph_from_array(draw_smear(5, height=300, width=400, n_rbc=8, n_wbc=0, n_plt=0, overlap=0).pixels)
    counted = count_image(image, CountOptions(models=("otsu-watershed",), diameter_px=80))
    red = next(cell for cell in counted.cells if cell.type == "rbc" and not cell.touches_frame)
    assert propose_cell(plan_of(counted), red.row, red.col, "rbc").area_px == pytest.approx(red.area_px, rel=0.02)
