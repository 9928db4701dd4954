import numpy as np
import pytest

from hemolens.labels.outline import box_of, paint_cells


def square(x0, y0, side):
    return np.array([(x0, y0), (x0 + side, y0), (x0 + side, y0 + side), (x0, y0 + side)], float)


def test_the_box_is_around_all_rings():
    assert box_of([square(1, 2, 3), square(10, 12, 4)]) == (2, 1, 16, 14)


def test_no_ring_has_no_box():
    assert box_of([]) is None


def test_the_smaller_cell_is_on_top():
    painted = paint_cells([[square(3, 3, 2)], [square(1, 1, 6)]], (9, 9))
    assert painted[4, 4] not in {0, painted[2, 2]}
    assert len(np.unique(painted)) == 3


def test_a_ring_within_another_is_a_hole():
    painted = paint_cells([[square(0, 0, 7), square(2, 2, 3)]], (7, 7))
    assert painted[1, 1] == 1
    assert painted[3, 3] == 0


def test_pixels_whose_centres_are_corners_belong_to_the_cell():
    """Outlines of COCO and DO-U-Net run through the middles of the outermost pixels."""
    painted = paint_cells([[square(1.5, 2.5, 3)]], (7, 7))
    rows, cols = np.nonzero(painted)
    assert (rows.min(), rows.max(), cols.min(), cols.max(), len(rows)) == (2, 5, 1, 4, 16)


def test_what_reaches_out_of_the_frame_is_cut_off():
    painted = paint_cells([[square(-2, -1, 5)]], (6, 6))
    assert painted[:4, :3].all()
    assert np.count_nonzero(painted) == 12


def test_cells_that_enclose_nothing_are_not_painted():
    assert not paint_cells([[np.array([[1.0, 1], [5, 1]])]], (6, 6)).any()


@pytest.mark.parametrize("shift", [0, 0.25, 0.5])
def test_the_area_is_that_of_the_outline(shift):
    angles = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    disc = np.stack([30 + shift + 20 * np.cos(angles), 30 + 20 * np.sin(angles)], axis=1)
    assert np.count_nonzero(paint_cells([[disc]], (60, 60))) == pytest.approx(np.pi * 400, rel=0.01)
