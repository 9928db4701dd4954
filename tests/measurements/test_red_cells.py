import numpy as np
import pytest

from hemolens.cells.cell import cells_from_circles, in_reading_order
from hemolens.images.box import Box
from hemolens.measurements.colours import MeasuredColours
from hemolens.measurements.red_cells import measure_red_cells

MEASURED = MeasuredColours(np.full(3, 220.0), None)
WINDOW = Box(100, 200, 400, 600)


def circles(*rows, cell_type="rbc"):
    return cells_from_circles(np.array(rows, float), cell_type=cell_type, shape=(1000, 1000))


def measured(cells, among=None):
    pixels = np.full((300, 400, 3), 150, np.uint8)
    return measure_red_cells(cells, among or cells, pixels, WINDOW, MEASURED)


def test_a_free_cell_is_measured():
    (cell,) = measured(circles((250, 300, 20)))
    assert cell.shape.elongation == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(("distance", "is_free"), [(30, False), (40, False), (42, True)])
def test_cells_that_touch_are_left_out(distance, is_free):
    cells = measured(circles((250, 300, 20), (250, 300 + distance, 20)))
    assert [cell.shape is not None for cell in cells] == [is_free] * 2


def test_a_platelet_on_a_cell_hides_it():
    cells = in_reading_order(circles((250, 300, 20)) + circles((250, 300, 5), cell_type="plt"))
    assert [cell.shape for cell in measured(cells)] == [None, None]


def test_neighbours_that_another_block_counts_are_seen():
    cells = circles((250, 300, 20))
    assert measured(cells, cells + circles((250, 335, 20)))[0].shape is None


def test_a_cell_that_the_frame_cuts_is_left_out():
    (cell,) = cells_from_circles(np.array([(10.0, 50.0, 20.0)]), cell_type="rbc", shape=(100, 100))
    pixels = np.full((100, 100, 3), 150, np.uint8)
    assert measure_red_cells([cell], [cell], pixels, Box(0, 0, 100, 100), MEASURED)[0].shape is None


def test_other_types_are_left_alone():
    cells = circles((250, 300, 40), cell_type="wbc")
    assert measured(cells) == cells
    assert measured([], []) == []
