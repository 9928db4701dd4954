from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hemolens.cells.cell import Cell
from hemolens.images.box import Box
from hemolens.images.region import rectangle
from hemolens.statistics.counts import (
    NO_CELLS,
    Counts,
    cells_in_region,
    count_cells,
    count_in_frame,
    count_in_region_frame,
)


def square(row=5, col=7, half=2):
    corners = [(-half, -half), (-half, half), (half, half), (half, -half)]
    outline = np.array([(row + r, col + c) for r, c in corners], np.float32)
    box = Box(row - half, col - half, row + half + 1, col + half + 1)
    return Cell("rbc", row, col, box, outline, (2 * half + 1) ** 2, 1.0, 0.75, False)


def test_counts_each_type(make_cell):
    cells = [make_cell("rbc"), make_cell("plt"), make_cell("rbc"), make_cell("wbc")]
    assert count_cells(cells) == Counts(rbc=2, wbc=1, plt=1)


def test_no_cells_are_a_count():
    assert count_cells([]) == NO_CELLS == Counts(0, 0, 0)


def test_counts_add_up():
    assert sum([Counts(1, 2, 3), Counts(4, 5, 6)], NO_CELLS) == Counts(5, 7, 9)


# ------------------------------------------------------------------ the counting frame


def in_frame(*cells, region=None):
    return count_in_frame(cells, (40, 60), region).counts.rbc


@pytest.mark.parametrize(
    ("row", "col", "is_in"),
    [
        (20, 30, 1),  # inside
        (2, 30, 0),  # touches the upper side
        (20, 2, 0),  # the left side
        (37, 30, 1),  # the lower side
        (20, 57, 1),  # the right side
        (2, 57, 0),  # an upper and a right side: out
        (37, 2, 0),  # a left and a lower side: out
        (37, 57, 1),
    ],
)
def test_upper_and_left_sides_are_out_lower_and_right_sides_in(make_cell, row, col, is_in):
    assert in_frame(make_cell(row=row, col=col)) == is_in


def test_the_rule_is_the_same_for_a_region(make_cell):
    region = rectangle(10, 10, 50, 30).mask((40, 60))
    assert [in_frame(make_cell(row=row, col=30), region=region) for row in (7, 10, 20, 30, 33)] == [0, 0, 1, 1, 0]
    assert [in_frame(make_cell(row=20, col=col), region=region) for col in (7, 10, 30, 50, 53)] == [0, 0, 1, 1, 0]


def test_the_area_is_where_corners_of_counted_cells_can_be():
    assert count_in_frame([], (40, 60)).area_px == 39 * 59
    assert count_in_frame([], (40, 60), rectangle(0, 5, 10, 10).mask((40, 60))).area_px == 5 * 9


@given(
    st.lists(st.tuples(st.integers(2, 37), st.integers(2, 57), st.integers(0, 2)), max_size=30),
    st.integers(1, 39),
    st.integers(1, 59),
)
def test_tiles_add_up_to_the_photograph(places, row, col):
    cells = [square(row=row, col=col, half=half) for row, col, half in places]
    edges = [(0, 0, col, row), (col, 0, 60, row), (0, row, col, 40), (col, row, 60, 40)]
    tiles = [rectangle(*edge).mask((40, 60)) for edge in edges]
    parts = [count_in_frame(cells_in_region(cells, tile), (40, 60), tile) for tile in tiles]
    whole = count_in_frame(cells, (40, 60))
    assert sum((part.counts for part in parts), NO_CELLS) == whole.counts
    assert sum(part.area_px for part in parts) == whole.area_px


@pytest.mark.parametrize("strip_rows", [1, 7, 512])
def test_a_region_drawn_in_strips_counts_as_one_drawn_whole(monkeypatch, strip_rows):
    monkeypatch.setattr("hemolens.statistics.counts.STRIP_ROWS", strip_rows)
    region = rectangle(0, 3, 33, 29)
    cells = [square(row=row, col=col, half=2) for row in range(2, 37, 3) for col in range(2, 57, 5)]
    inside = region.mask((40, 60))
    chosen = cells_in_region(cells, inside)
    assert count_in_region_frame(chosen, (40, 60), region) == count_in_frame(chosen, (40, 60), inside)


def test_cells_of_a_region_are_those_of_which_a_part_lies_in_it(make_cell):
    region = rectangle(10, 10, 50, 30).mask((40, 60))
    inside, cut, outside = make_cell(row=20, col=20), make_cell(row=9, col=20), make_cell(row=5, col=20)
    assert cells_in_region([inside, cut, outside], region) == [inside, cut]


def test_the_mean_of_many_frames_is_the_density():
    # Cells on a wide smear, seen through windows: plain counts are too many, the frame's are right.
    rng = np.random.default_rng(0)
    rows, cols = rng.uniform(-20, 60, (2, 300_000))
    half = rng.integers(1, 6, 300_000)
    boxes = np.stack([rows - half, cols - half, rows + half, cols + half], axis=1).round().astype(int)
    boxes = boxes[(boxes[:, 2] > 0) & (boxes[:, 3] > 0) & (boxes[:, 0] < 40) & (boxes[:, 1] < 40)]
    cut = np.clip(boxes, 0, 40)
    cells = [replace(square(), box=Box(*box)) for box in cut.tolist()]
    counted = count_in_frame(cells, (40, 40))
    density = 300_000 / 80**2
    assert counted.counts.rbc / counted.area_px == pytest.approx(density, rel=0.01)
    assert len(cells) / 40**2 > 1.2 * density
