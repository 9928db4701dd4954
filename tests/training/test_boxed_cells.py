import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hemolens.training.boxed_cells import LabelledBox, cut_out_boxed, number_boxes, touches_frame, usual_diameter
from hemolens.training.cell_planes import Known

pytestmark = pytest.mark.train

SHAPE = (100, 120)


def box(x0, y0, side=30, kind="rbc"):
    return LabelledBox(kind, x0, y0, x0 + side, y0 + side)


def test_the_usual_diameter_is_that_of_whole_cells():
    whole, cut = [box(10, 10), box(50, 10), box(10, 50)], box(0, 50, side=12)
    assert usual_diameter([*whole, cut], SHAPE, otherwise=99) == 30
    assert usual_diameter([box(10, 10), cut], SHAPE, otherwise=99) == 99


@pytest.mark.parametrize(("x0", "y0", "cut"), [(10, 10, False), (2, 10, True), (89, 10, True), (10, 69, True)])
def test_boxes_at_the_frame(x0, y0, cut):
    assert touches_frame(box(x0, y0), SHAPE) == cut


def test_the_middle_of_a_box_is_cell_and_its_rim_unknown():
    cells = number_boxes([box(40, 40)], SHAPE)
    assert cells.numbers[55, 55] == 1
    assert cells.known[55, 55] == Known.ALL
    assert cells.known[55, 42] == Known.CENTRE
    assert cells.known[10, 10] == Known.ALL
    assert cells.numbers[10, 10] == 0


def test_where_boxes_overlap_the_depth_is_unknown():
    cells = number_boxes([box(40, 40), box(55, 40)], SHAPE)
    assert not cells.known[55, 62] & Known.DISTANCE


def test_of_a_cut_cell_only_the_centre_is_known():
    cells = number_boxes([box(0, 40)], SHAPE)
    assert cells.known[55, 15] == Known.CENTRE


def test_without_boxes_everything_is_background():
    cells = number_boxes([], SHAPE)
    assert not cells.numbers.any()
    assert (cells.known == Known.ALL).all()


def test_small_cells_lie_on_top():
    cells = number_boxes([box(45, 45, side=10), box(30, 30, side=40)], SHAPE)
    assert cells.numbers[50, 50] != cells.numbers[35, 50]
    assert np.unique(cells.numbers).tolist() == [0, 1, 2]


def disc(pixels, row, col, radius=15):
    cv2.circle(pixels, (col, row), radius, (150, 90, 100), cv2.FILLED)
    return LabelledBox("rbc", col - radius - 2, row - radius - 2, col + radius + 3, row + radius + 3)


def glass():
    return np.full((*SHAPE, 3), 220, np.uint8)


def test_a_cell_that_stands_alone_is_cut_out_along_its_rim():
    pixels = glass()
    (cell,) = cut_out_boxed(pixels, [disc(pixels, 50, 60)], box_margin=35 / 31)
    assert np.count_nonzero(cell.mask) == pytest.approx(np.count_nonzero(pixels[..., 1] < 200), rel=0.05)
    assert (cell.pixels[cell.mask > 0] < 200).all(axis=1).mean() > 0.9
    height, width = cell.mask.shape
    assert (cell.row + height / 2, cell.col + width / 2) == pytest.approx((50.5, 60.5), abs=1)


def test_cells_that_touch_or_are_cut_by_the_frame_are_not_cut_out():
    pixels = glass()
    boxes = [disc(pixels, 50, 50), disc(pixels, 50, 76), disc(pixels, 95, 100)]
    assert cut_out_boxed(pixels, boxes, box_margin=35 / 31) == ()


def test_nothing_is_cut_out_of_an_empty_box():
    assert cut_out_boxed(glass(), [box(40, 40)], box_margin=1) == ()
