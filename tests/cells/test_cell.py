"""Cells from regions and circles, their way to the photograph, and conflicts of types."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from hemolens.cell_types import CellType
from hemolens.cells.cell import Cell, cells_from_circles, cells_from_labels, resolve_types, to_photograph
from hemolens.images.box import Box


def labels_of(picture: str) -> np.ndarray:
    rows = picture.split()
    return np.array([[0 if c == "." else int(c) for c in row] for row in rows], np.int32)


def polygon_area(outline: np.ndarray) -> float:
    row, col = outline.astype(float).T
    return abs(np.dot(row, np.roll(col, 1)) - np.dot(col, np.roll(row, 1))) / 2


def disc_cell(cell_type: CellType, row: float, col: float, radius: float = 5, size: int = 40) -> Cell:
    (cell,) = cells_from_circles(np.array([[row, col, radius]]), cell_type=cell_type, shape=(size, size))
    return cell


def test_each_label_is_a_cell_with_its_box_and_its_area() -> None:
    cells = cells_from_labels(
        labels_of("""
            11.....
            11..33.
            .....3.
            ..7....
        """),
        cell_type="rbc",
    )
    assert [cell.box for cell in cells] == [Box(0, 0, 2, 2), Box(1, 4, 3, 6), Box(3, 2, 4, 3)]
    assert [cell.area_px for cell in cells] == [4, 3, 1]
    assert [cell.touches_frame for cell in cells] == [True, False, True]
    assert (cells[1].row, cells[1].col) == pytest.approx((4 / 3, 14 / 3))
    assert cells[1].diameter_px == pytest.approx(2 * np.sqrt(3 / np.pi))


def test_no_label_gives_no_cell() -> None:
    assert cells_from_labels(np.zeros((4, 5), np.int32), cell_type="plt") == []


def test_cells_come_in_reading_order_whatever_their_numbers() -> None:
    cells = cells_from_labels(labels_of("9..2 .... 5..1"), cell_type="rbc")
    assert [(cell.row, cell.col) for cell in cells] == [(0, 0), (0, 3), (2, 0), (2, 3)]


def test_score_is_the_mean_of_the_map_inside_the_cell() -> None:
    score_map = np.array([[0.5, 0.9, 0.0], [0.0, 1.0, 1.0]], np.float32)
    (cell,) = cells_from_labels(labels_of("11. ..."), cell_type="rbc", score_map=score_map)
    assert cell.score == pytest.approx(0.7)


def test_outline_of_one_pixel_is_its_border() -> None:
    (cell,) = cells_from_labels(labels_of("... .1. ..."), cell_type="plt")
    assert sorted(map(tuple, cell.outline.tolist())) == [(0.5, 0.5), (0.5, 1.5), (1.5, 0.5), (1.5, 1.5)]


@pytest.mark.parametrize("radius", [1, 2, 5, 12, 30])
def test_outline_encloses_about_the_area_of_the_pixels(radius: int) -> None:
    row, col = np.mgrid[:80, :80]
    labels = (np.hypot(row - 40.2, col - 39.7) <= radius).astype(np.int32)
    (cell,) = cells_from_labels(labels, cell_type="rbc")
    assert len(cell.outline) >= 3
    assert polygon_area(cell.outline) == pytest.approx(cell.area_px, rel=0.15 if radius < 5 else 0.06)


def test_outline_of_a_region_in_pieces_follows_the_largest() -> None:
    (cell,) = cells_from_labels(labels_of("1..... ...111 ...111"), cell_type="rbc")
    assert cell.area_px == 7
    assert polygon_area(cell.outline) == 6


def test_circle_is_cut_off_at_the_frame() -> None:
    (whole,) = cells_from_circles(np.array([[20, 20, 8.0]]), cell_type="rbc", shape=(41, 41))
    (half,) = cells_from_circles(np.array([[-0.5, 20, 8.0]]), cell_type="rbc", shape=(41, 41))
    (quarter,) = cells_from_circles(np.array([[40.5, 40.5, 8.0]]), cell_type="rbc", shape=(41, 41))
    disc = np.pi * 64
    assert [whole.area_px, half.area_px, quarter.area_px] == pytest.approx([disc, disc / 2, disc / 4], rel=0.01)
    assert [whole.touches_frame, half.touches_frame, quarter.touches_frame] == [False, True, True]
    assert whole.box == Box(12, 12, 29, 29)
    assert half.box == Box(0, 12, 8, 29)
    assert half.outline.min() >= -0.5
    assert quarter.outline.max() <= 40.5


def test_no_circle_gives_no_cell() -> None:
    assert cells_from_circles(np.zeros((0, 3)), cell_type="rbc", shape=(10, 10)) == []


def test_to_photograph_keeps_the_corners_of_the_frames_together() -> None:
    labels = labels_of("1... .... ...2")
    first, last = to_photograph(cells_from_labels(labels, cell_type="rbc"), (3, 4), (30, 40))
    assert (first.row, first.col, first.box) == (4.5, 4.5, Box(0, 0, 10, 10))
    assert (last.row, last.col, last.box) == (24.5, 34.5, Box(20, 30, 30, 40))
    assert first.outline.min() == -0.5
    assert last.outline.max(axis=0).tolist() == [29.5, 39.5]
    assert first.area_px == 100
    assert first.diameter_px == pytest.approx(10 * 2 / np.sqrt(np.pi))
    assert first.touches_frame
    assert last.touches_frame


@pytest.mark.parametrize("photograph_shape", [(1, 1), (7, 3), (123, 457), (2000, 11)])
def test_to_photograph_never_makes_an_empty_box_or_one_beyond_the_frame(
    photograph_shape: tuple[int, int],
) -> None:
    labels = np.arange(1, 16 * 12 + 1, dtype=np.int32).reshape(16, 12)
    for cell in to_photograph(cells_from_labels(labels, cell_type="plt"), (16, 12), photograph_shape):
        assert 0 <= cell.box.row0 < cell.box.row1 <= photograph_shape[0]
        assert 0 <= cell.box.col0 < cell.box.col1 <= photograph_shape[1]


def test_to_photograph_and_back_is_where_it_started() -> None:
    (cell,) = cells_from_labels(labels_of("..... .11.. .111. ....."), cell_type="rbc")
    (moved,) = to_photograph([cell], (4, 5), (12, 20))
    (back,) = to_photograph([moved], (12, 20), (4, 5))
    assert (back.row, back.col, back.area_px) == pytest.approx((cell.row, cell.col, cell.area_px))
    assert back.box == cell.box
    np.testing.assert_allclose(back.outline, cell.outline, atol=1e-5)


def test_outline_drawn_on_the_photograph_covers_the_enlarged_cell() -> None:
    labels = labels_of("...... .1111. .1111. .1111. ......")
    (cell,) = to_photograph(cells_from_labels(labels, cell_type="rbc"), (5, 6), (50, 60))
    drawn = np.zeros((50, 60), np.uint8)
    cv2.fillPoly(drawn, [np.round(cell.outline[:, ::-1]).astype(np.int32)], 1)
    assert np.count_nonzero(drawn) == pytest.approx(cell.area_px, rel=0.1)


def test_white_cell_wins_over_what_has_its_centre_inside_it() -> None:
    cells = [
        disc_cell("wbc", 20, 20, 8),
        disc_cell("rbc", 22, 18),
        disc_cell("plt", 20, 27, 2),
        disc_cell("rbc", 20, 29),
        disc_cell("plt", 5, 5, 2),
    ]
    assert [(cell.type, cell.col) for cell in resolve_types(cells)] == [("plt", 5), ("wbc", 20), ("rbc", 29)]


def test_platelet_on_a_red_cell_stays() -> None:
    assert len(resolve_types([disc_cell("rbc", 20, 20, 8), disc_cell("plt", 20, 21, 2)])) == 2


def test_two_white_cells_that_overlap_stay() -> None:
    assert len(resolve_types([disc_cell("wbc", 20, 20, 8), disc_cell("wbc", 20, 22, 8)])) == 2


def test_resolve_types_of_nothing_is_nothing() -> None:
    assert resolve_types([]) == []
