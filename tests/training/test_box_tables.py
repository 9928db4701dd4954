import cv2
import numpy as np
import pytest

from hemolens.errors import TrainingError
from hemolens.synthetic import draw_smear
from hemolens.training.box_tables import (
    LabelledBox,
    number_boxes,
    read_boxed_smears,
    read_boxes,
    red_piles,
    touches_frame,
    usual_diameter,
)
from hemolens.training.cell_planes import Known

SHAPE = (100, 120)


def box(x0, y0, side=30, kind="rbc"):
    return LabelledBox(kind, x0, y0, x0 + side, y0 + side)


def write(folder, text):
    path = folder / "boxes.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_boxes_come_by_photograph(tmp_path):
    table = write(tmp_path, "image,type,x0,y0,x1,y1\na.jpg,rbc,1,2,3.5,4\nb.jpg,wbc,0,0,9,9\n")
    assert read_boxes(table) == {"a.jpg": [LabelledBox("rbc", 1, 2, 3.5, 4)], "b.jpg": [LabelledBox("wbc", 0, 0, 9, 9)]}


def test_boxes_without_an_area_are_left_out(tmp_path):
    assert read_boxes(write(tmp_path, "image,type,x0,y0,x1,y1\na.jpg,rbc,3,2,3,4\n")) == {}


@pytest.mark.parametrize("text", ["image,kind\na,b\n", "image,type,x0,y0,x1,y1\na,rbc,one,2,3,4\n"])
def test_a_malformed_table_is_refused(tmp_path, text):
    with pytest.raises(TrainingError, match="table of boxes"):
        read_boxes(write(tmp_path, text))


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
    (cell,) = red_piles(pixels, [disc(pixels, 50, 60)], box_margin=35 / 31).cells
    assert np.count_nonzero(cell.mask) == pytest.approx(np.count_nonzero(pixels[..., 1] < 200), rel=0.05)
    assert (cell.pixels[cell.mask > 0] < 200).all(axis=1).mean() > 0.9


def test_cells_that_touch_or_are_cut_by_the_frame_are_not_cut_out():
    pixels = glass()
    boxes = [disc(pixels, 50, 50), disc(pixels, 50, 76), disc(pixels, 95, 100)]
    assert red_piles(pixels, boxes, box_margin=35 / 31).cells == ()


def test_nothing_is_cut_out_of_an_empty_box():
    assert red_piles(glass(), [box(40, 40)], box_margin=1).cells == ()


def read_drawn(folder, **how):
    for number in range(2):
        smear = draw_smear(number, height=200, width=200, n_rbc=6, n_wbc=0, n_plt=0, red_cell_diameter_px=30)
        cv2.imwrite(str(folder / f"{number}.png"), smear.pixels[..., ::-1])
    boxes = {f"{number}.png": [box(60, 60)] * 3 for number in range(2)}
    values = {
        "types": ("rbc",), "usual_px": 30, "box_margin": 1.0, "red_cell_diameter_px": 30, "background_level": None,
        "outputs": ("rbc.mask",), "touching_weight": 1, "share": 0.1,
    }  # fmt: skip
    return read_boxed_smears(folder, boxes, **(values | how))


def test_boxes_that_are_wider_than_the_cells_do_not_change_the_scale(tmp_path):
    exact, wide = read_drawn(tmp_path), read_drawn(tmp_path, box_margin=1.25)
    assert wide[0].pixels.shape[0] == round(exact[0].pixels.shape[0] * 1.25)


def test_photographs_of_one_background_lend_each_other_their_cells(tmp_path):
    first, second = read_drawn(tmp_path, background_level=220)
    assert first.piles["rbc"].cells == second.piles["rbc"].cells
