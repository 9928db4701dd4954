import numpy as np
import pytest

from hemolens.cell_types import CELL_TYPES
from hemolens.images.region import rectangle
from hemolens.output.overlay import COLOURS, draw_with_legend


def grey(height=40, width=60):
    return np.full((height, width, 3), 128, np.uint8)


def is_like(drawn, colour):
    """Where the picture is nearer to the colour than to the grey ground; lines are blended at their rims."""
    return np.abs(drawn - np.array(colour, float)).sum(axis=2) < np.abs(drawn - 128.0).sum(axis=2)


def picture_of(drawn, colour):
    return ["".join(".#"[int(px)] for px in row) for row in is_like(drawn, colour)]


def test_the_outline_lies_where_the_cell_lies(make_cell):
    drawn = draw_with_legend(grey(7, 9), [make_cell("rbc", row=3, col=4, half=2)], 10.0)
    assert picture_of(drawn, COLOURS["rbc"]) == [
        ".........",
        "..#####..",
        "..#...#..",
        "..#...#..",
        "..#...#..",
        "..#####..",
        ".........",
    ]


@pytest.mark.parametrize("cell_type", CELL_TYPES)
def test_each_type_has_its_colour(make_cell, cell_type):
    drawn = draw_with_legend(grey(), [make_cell(cell_type, 20, 30, 8)], 12.0)
    edge = drawn[12, 30].astype(int)
    assert min(CELL_TYPES, key=lambda other: np.abs(edge - COLOURS[other]).sum()) == cell_type


def test_colours_differ_in_lightness():
    lightness = sorted(np.dot(colour, (0.2126, 0.7152, 0.0722)) for colour in COLOURS.values())
    assert min(np.diff(lightness)) > 20


def test_the_photograph_is_left_as_it_was(make_cell):
    pixels = grey()
    draw_with_legend(pixels, [make_cell()], 12.0)
    assert (pixels == 128).all()


def test_a_platelet_on_a_red_cell_is_drawn_over_it(make_cell):
    plt, rbc = make_cell("plt", 20, 30, 8), make_cell("rbc", 20, 30, 8)
    drawn = draw_with_legend(grey(), [plt, rbc], 12.0)
    assert np.abs(drawn[12, 30].astype(int) - COLOURS["plt"]).max() < 40


def test_a_cell_cut_by_the_frame_has_a_thinner_line(make_cell):
    def n_drawn(touches_frame):
        cells = [make_cell("rbc", 50, 70, 20, touches_frame=touches_frame)]
        return (draw_with_legend(grey(100, 140), cells, 160.0) != 128).any(axis=2).sum()

    assert n_drawn(True) < n_drawn(False)


@pytest.mark.parametrize("diameter", [float("nan"), 0.0, -1.0, float("inf")])
def test_an_unknown_diameter_still_draws(make_cell, diameter):
    assert (draw_with_legend(grey(), [make_cell()], diameter) != 128).any()


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 500, 3), (500, 1, 3), (12, 15, 3)])
def test_a_tiny_photograph_without_cells_is_unchanged(shape):
    pixels = np.full(shape, 9, np.uint8)
    assert (draw_with_legend(pixels, [], 40.0) == pixels).all()


def test_a_large_photograph_has_a_legend_in_the_corner():
    drawn = draw_with_legend(grey(800, 1200), [], 40.0)
    changed = (drawn != 128).any(axis=2)
    assert changed[0, 0]
    assert not changed[200:].any()
    assert not changed[:, 300:].any()


def test_a_read_only_photograph_can_be_drawn_on(make_cell):
    pixels = grey()
    pixels.flags.writeable = False
    assert draw_with_legend(pixels, [make_cell()], 12.0).shape == pixels.shape


def test_the_border_of_a_region_is_drawn():
    drawn = draw_with_legend(np.full((200, 300, 3), 128, np.uint8), [], 40.0, rectangle(100, 100, 200, 150))
    assert drawn[125, 100].max() < 100
    assert (drawn[125, 150] == 128).all()


def test_cells_are_drawn_on_a_reduced_picture_where_they_are(make_cell):
    cell = make_cell(row=100, col=160, half=40)
    canvas = draw_with_legend(np.full((50, 80, 3), 200, np.uint8), [cell], 80.0, of_shape=(200, 320))
    rows, cols = np.nonzero((canvas != 200).any(axis=2))
    assert abs(rows.mean() - 24.6) < 0.5
    assert abs(cols.mean() - 39.6) < 0.5
    assert 18 <= np.ptp(rows) <= 23


def test_the_legend_says_which_cells_were_not_located():
    located, unlocated = (draw_with_legend(grey(800, 1200), [], 40.0, unlocated=each) for each in ({}, {"rbc": 0}))
    assert (located != unlocated).any()
