import numpy as np
import pytest

from hemolens.images.box import Box
from hemolens.images.polygon import draw_polygon, fill_polygon


def picture(text):
    return np.array([[char == "#" for char in row] for row in text.split()])


def ring(*corners):
    return np.array(corners, float)


def circle(x, y, radius, n=40):
    angles = np.linspace(0, 2 * np.pi, n, endpoint=False)
    return np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], axis=1)


def is_inside(x, y, corners):
    """Whether a ray to the left crosses the ring an odd number of times."""
    n_crossed = 0
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if (y0 <= y) != (y1 <= y):
            n_crossed += x0 + (y - y0) * (x1 - x0) / (y1 - y0) < x
    return n_crossed % 2 == 1


def test_a_pixel_is_inside_when_its_centre_is():
    inside = fill_polygon([ring((0.6, 0.4), (3.4, 0.4), (3.4, 2.6), (0.6, 2.6))], Box(0, 0, 4, 5))
    assert (inside == picture(".##.. .##.. .##.. .....")).all()


@pytest.mark.parametrize("seed", range(5))
def test_any_polygon_is_filled_by_the_even_odd_rule(seed):
    corners = np.random.default_rng(seed).uniform(-3, 15, (9, 2))
    expected = [[is_inside(col + 0.5, row + 0.5, corners) for col in range(12)] for row in range(10)]
    assert fill_polygon([corners], Box(0, 0, 10, 12)).tolist() == expected


def test_a_ring_within_another_is_a_hole():
    rings = [ring((0, 0), (5, 0), (5, 4), (0, 4)), ring((1, 1), (4, 1), (4, 3), (1, 3))]
    assert (fill_polygon(rings, Box(0, 0, 4, 5)) == picture("##### #...# #...# #####")).all()


def test_a_box_is_a_part_of_the_whole():
    corners = circle(10, 8, 7)
    whole = fill_polygon([corners], Box(0, 0, 20, 20))
    assert (fill_polygon([corners], Box(3, 5, 11, 14)) == whole[3:11, 5:14]).all()


@pytest.mark.parametrize("turned", [False, True])
def test_polygons_on_both_sides_of_a_border_share_no_pixel_and_leave_none_out(turned):
    """The border runs through centres of pixels."""
    left, right = ring((0, 0), (4.5, 0), (2.5, 6), (0, 6)), ring((4.5, 0), (9, 0), (9, 6), (2.5, 6))
    if turned:
        right = right[::-1]
    n_times = sum(fill_polygon([each], Box(0, 0, 6, 9)).astype(int) for each in (left, right))
    assert (n_times == 1).all()


def test_centres_on_the_border_are_inside_on_request():
    corners = ring((1.5, 0.5), (3.5, 2.5), (1.5, 2.5))
    assert (fill_polygon([corners], Box(0, 0, 4, 5)) == picture("..... .#... ..... .....")).all()
    with_border = fill_polygon([corners], Box(0, 0, 4, 5), with_border=True)
    assert (with_border == picture(".#... .##.. .###. .....")).all()


def test_a_border_that_leaves_the_box_is_cut_off():
    corners = ring((-2.5, 1.5), (9.5, 1.5), (9.5, 8.5), (-2.5, 8.5))
    with_border = fill_polygon([corners], Box(1, 0, 4, 3), with_border=True)
    assert with_border.all()


def test_a_polygon_beside_the_box_fills_nothing():
    assert not fill_polygon([circle(50, 50, 5)], Box(0, 0, 10, 10), with_border=True).any()


def test_no_ring_fills_nothing():
    assert not fill_polygon([], Box(0, 0, 3, 4)).any()


def test_the_area_of_a_disc_is_that_of_its_pixels():
    assert fill_polygon([circle(50, 50, 30, n=200)], Box(0, 0, 100, 100)).sum() == pytest.approx(np.pi * 900, rel=0.005)


def test_a_drawn_polygon_has_the_pixels_under_its_line_too():
    drawn = np.zeros((5, 6), np.uint16)
    draw_polygon(drawn, ring((1.5, 1.5), (4.5, 1.5), (4.5, 3.5), (1.5, 3.5)), 300)
    assert ((drawn == 300) == picture("...... .####. .####. .####. ......")).all()
    assert set(np.unique(drawn)) == {0, 300}


def test_a_drawn_polygon_holds_the_filled_one():
    corners, drawn = circle(10, 10, 6.3), np.zeros((20, 20), np.uint8)
    draw_polygon(drawn, corners, 1)
    assert (drawn[fill_polygon([corners], Box(0, 0, 20, 20))] == 1).all()
