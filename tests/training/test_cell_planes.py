import numpy as np
import pytest

from hemolens.training.cell_planes import EDGE_PX, at_borders, draw_plane


def discs(*centres, radius=10, shape=(60, 80)):
    """Numbered discs; later ones lie on top."""
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    numbers = np.zeros(shape, np.uint16)
    for number, (row, col) in enumerate(centres, start=1):
        numbers[np.hypot(rows - row, cols - col) <= radius] = number
    return numbers


def test_the_mask_is_where_cells_are():
    numbers = discs((30, 30), (30, 60))
    assert ((draw_plane("mask", numbers, 20) == 255) == (numbers > 0)).all()


def test_touching_cells_have_an_edge_between_them():
    numbers = np.repeat(np.array([[1] * 10 + [2] * 10], np.uint16), 20, axis=0)
    edge = draw_plane("edge", numbers, 20)[10]
    assert np.flatnonzero(edge).tolist() == list(range(10 - EDGE_PX, 10 + EDGE_PX))


def test_a_picture_without_cells_has_no_border():
    assert not at_borders(np.zeros((5, 5), np.uint16)).any()


def test_the_depth_of_every_cell_reaches_one():
    numbers = discs((30, 30), (30, 42), radius=10)
    depth = draw_plane("distance", numbers, 20)
    assert [int(depth[numbers == number].max()) for number in (1, 2)] == [255, 255]


@pytest.mark.parametrize(("number", "col"), [(1, 25), (2, 42)])
def test_a_covered_cell_has_its_centre_where_it_is_seen(number, col):
    numbers = discs((30, 30), (30, 42), radius=10)
    centre = draw_plane("centre", numbers, 20)
    row, found = np.unravel_index(np.where(numbers == number, centre, 0).argmax(), numbers.shape)
    assert (row, found) == (30, pytest.approx(col, abs=2))


def test_the_smallest_sliver_has_a_centre():
    numbers = np.zeros((20, 20), np.uint16)
    numbers[10, 10] = 7
    assert draw_plane("centre", numbers, 20)[10, 10] == 255


@pytest.mark.parametrize("plane", ["mask", "edge", "distance", "centre"])
def test_planes_of_nothing_are_empty(plane):
    assert not draw_plane(plane, np.zeros((9, 9), np.uint16), 20).any()
