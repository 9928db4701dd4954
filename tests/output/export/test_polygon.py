from dataclasses import replace

import numpy as np
import pytest
import shapely

from hemolens.cells.cell import cells_from_circles, cells_from_labels
from hemolens.output.export.polygon import is_simple, polygon_of

BOW = [[0, 0], [20, 20], [0, 20], [20, 0]]
SPIKE = [[0, 0], [0, 20], [10, 20], [10, 30], [10, 20], [20, 20], [20, 0]]
PINCH = [[0, 0], [0, 10], [10, 10], [10, 20], [20, 20], [20, 10], [10, 10], [10, 0]]


def test_the_zero_is_the_outer_corner_of_the_first_pixel():
    labels = np.zeros((5, 6), np.int32)
    labels[0:2, 0:3] = 1
    (cell,) = cells_from_labels(labels, cell_type="rbc")
    assert sorted(map(tuple, polygon_of(cell).tolist())) == [(0, 0), (0, 2), (3, 0), (3, 2)]


def test_the_outlines_of_a_smear_are_valid_polygons(smear):
    polygons = [shapely.Polygon(polygon_of(cell)) for cell in smear.cells]
    assert all(polygon.is_valid and polygon.exterior.is_ccw for polygon in polygons)


def test_the_outline_of_a_circle_in_the_corner_is_a_valid_polygon():
    (cell,) = cells_from_circles(np.array([[1.0, 1.0, 8.0]]), cell_type="rbc", shape=(40, 60))
    polygon = shapely.Polygon(polygon_of(cell))
    assert polygon.is_valid
    assert polygon.area == pytest.approx(cell.area_px, abs=0.05)


@pytest.mark.parametrize("outline", [BOW, SPIKE, PINCH], ids=["bow", "spike", "pinch"])
def test_an_outline_that_meets_itself_becomes_its_largest_part(make_cell, outline):
    cell = replace(make_cell(), outline=np.array(outline, np.float32))
    assert not is_simple(np.array(outline, float))
    polygon, given = shapely.Polygon(polygon_of(cell)), shapely.make_valid(shapely.Polygon(outline))
    largest = max((part.area for part in getattr(given, "geoms", [given])), default=0)
    assert polygon.is_valid
    assert polygon.exterior.is_ccw
    assert polygon.area == pytest.approx(largest, rel=0.05)


def test_an_outline_without_area_becomes_the_box(make_cell):
    cell = replace(make_cell(row=5, col=7, half=2), outline=np.array([[5, 7], [5, 9], [5, 8]], np.float32))
    assert polygon_of(cell).tolist() == [[5, 3], [10, 3], [10, 8], [5, 8]]


@pytest.mark.parametrize("seed", range(5))
def test_simple_means_what_it_means_elsewhere(seed):
    points = np.random.default_rng(seed).integers(0, 12, (200, 5, 2)).astype(float)
    simple = [is_simple(each) for each in points]
    # Vertices in a straight line, or the same twice, are allowed elsewhere but never come out of polygon_of.
    distinct = [len(np.unique(each, axis=0)) == 5 for each in points]
    valid = [shapely.Polygon(each).is_valid for each in points]
    assert [s for s, d in zip(simple, distinct, strict=True) if d] == [
        v for v, d in zip(valid, distinct, strict=True) if d
    ]
