"""What painting does to cells."""

import numpy as np
import pytest

from hemolens.cell_types import CELL_TYPES
from hemolens.cells.cell import cells_from_labels
from hemolens.images.box import Box
from hemolens.review.outlines import body_of_cells, body_of_outline, cells_of, largest_piece


@pytest.mark.parametrize("kind", CELL_TYPES)
def test_the_outline_of_a_cell_drawn_again_is_nearly_that_cell(smear, counted, kind):
    cells = cells_from_labels(smear.labels(kind), cell_type=kind)
    assert cells
    for cell in cells:
        body = body_of_outline(cell.outline, counted)
        (again,) = cells_of(body.pixels.astype(np.int32), body.box, kind, counted)
        assert again.area_px == pytest.approx(cell.area_px, rel=0.1)
        assert (again.row, again.col) == pytest.approx((cell.row, cell.col), abs=0.5)
        assert again.touches_frame == cell.touches_frame


def test_a_cell_painted_twice_is_painted_alike(counted):
    for cell in counted.cells:
        body = body_of_cells([cell])
        assert body.pixels.sum() == pytest.approx(cell.area_px, rel=0.15)


def test_of_pieces_the_largest_stays_with_its_holes_filled():
    pixels = np.array([[1, 1, 1, 0, 1], [1, 0, 1, 0, 0], [1, 1, 1, 0, 1]], bool)
    assert largest_piece(pixels).sum() == 9


def test_what_reaches_out_of_the_image_is_cut_off(counted):
    body = body_of_outline([(-5.5, -5.5), (-5.5, 9.5), (9.5, 9.5), (9.5, -5.5)], counted)
    assert body.box == Box(0, 0, 10, 10)
    assert body.pixels.all()


def test_a_jittery_line_is_an_outline(counted):
    angles = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    radii = 20 + np.random.default_rng(0).normal(0, 0.5, 400)
    line = np.stack([100 + radii * np.sin(angles), 100 + radii * np.cos(angles)], axis=1)
    assert body_of_outline(line, counted).pixels.sum() == pytest.approx(np.pi * 20**2, rel=0.05)
