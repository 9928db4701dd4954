import json
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hemolens.errors import PhotographError, UsageError
from hemolens.images.box import Box
from hemolens.images.polygon import fill_polygon
from hemolens.images.region import MAX_CORNERS, Region, read_region, rectangle

SQUARE = [[1, 1], [4, 1], [4, 3], [1, 3], [1, 1]]
HOLE = [[2, 1], [3, 1], [3, 3], [2, 3], [2, 1]]


def feature(*rings):
    return {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": list(rings)}}


def collection(*features):
    return {"type": "FeatureCollection", "features": list(features)}


def written(tmp_path, content):
    path = tmp_path / "region.geojson"
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return str(path)


def picture(region, shape=(4, 6)):
    return ["".join(".#"[pixel] for pixel in row) for row in region.mask(shape).astype(int).tolist()]


def test_four_numbers_are_a_rectangle():
    assert picture(read_region("1, 1,4,3")) == ["......", ".###..", ".###..", "......"]


def test_what_reaches_out_is_cut_off():
    assert picture(rectangle(-5, 2, 2, 99)) == ["......", "......", "##....", "##...."]


@pytest.mark.parametrize(
    "content",
    [
        collection(feature(SQUARE)),
        feature(SQUARE),
        [feature(SQUARE)],
        {"type": "Polygon", "coordinates": [SQUARE]},
        {"type": "MultiPolygon", "coordinates": [[SQUARE]]},
    ],
)
def test_every_layout_of_geojson_is_read(tmp_path, content):
    assert picture(read_region(written(tmp_path, content))) == ["......", ".###..", ".###..", "......"]


def test_a_hole_is_outside(tmp_path):
    assert picture(read_region(written(tmp_path, feature(SQUARE, HOLE))))[1] == ".#.#.."


def test_what_lies_in_two_polygons_is_inside(tmp_path):
    assert picture(read_region(written(tmp_path, collection(feature(SQUARE), feature(SQUARE)))))[1] == ".###.."


@given(st.lists(st.tuples(*[st.floats(-3, 15)] * 6), min_size=1, max_size=5))
def test_a_region_is_all_its_polygons(triangles):
    rings = [np.reshape(corners, (3, 2)) for corners in triangles]
    box = Box(2, 1, 9, 12)
    expected = np.any([fill_polygon([ring], box) for ring in rings], axis=0)
    assert np.array_equal(Region(tuple((ring,) for ring in rings)).within(box), expected)


def test_thousands_of_polygons_are_looked_at_where_they_are():
    squares = [rectangle(x, y, x + 2, y + 2).polygons[0] for x in range(0, 300, 4) for y in range(0, 300, 4)]
    assert Region(tuple(squares)).mask((5000, 5000)).sum() == 4 * len(squares)


@given(st.tuples(*[st.floats(-3, 15)] * 4), st.floats(0.1, 11.9), st.floats(0.1, 8.9))
def test_two_polygons_that_share_a_border_part_the_pixels(corners, x, y):
    a, b, c, d = corners
    line = np.array([[x, -1.0], [a, b], [c, d], [y, 10.0]])
    left = np.concatenate([line, [[-20.0, 10.0], [-20.0, -1.0]]])
    right = np.concatenate([line, [[30.0, 10.0], [30.0, -1.0]]])[::-1]
    masks = [np.zeros((9, 12), bool), np.zeros((9, 12), bool)]
    for n, ring in enumerate((left, right)):
        with suppress(PhotographError):  # the line leaves nothing on this side
            masks[n] = Region(((ring,),)).mask((9, 12))
    assert (masks[0] ^ masks[1]).all()


def test_a_region_beside_the_photograph_is_refused():
    with pytest.raises(PhotographError, match=r"no pixel of the photograph: got x 10 to 20, y 0 to 3; "):
        rectangle(10, 0, 20, 3).mask((4, 6))


@pytest.mark.parametrize("text", ["3,0,1,2", "0,0,0,5", "0,nan,5,6", "0,0,inf,5", "0,0,1e9,5"])
def test_numbers_that_are_no_rectangle_are_refused(text):
    with pytest.raises(UsageError, match="the region is not a rectangle"):
        read_region(text)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "not json",
        "[]",
        "null",
        '{"type": "FeatureCollection", "features": []}',
        '{"type": "Point", "coordinates": [1, 2]}',
        '{"type": "Polygon", "coordinates": [[[0, 0], [NaN, 5], [5, 5]]]}',
        '{"type": "Polygon", "coordinates": [[[0, 0], [1e999, 5], [5, 5]]]}',
        '{"type": "Polygon", "coordinates": []}',
        "[" * 100_000,
        '{"type": "Polygon", "coordinates": ' + "[" * 5000 + "]" * 5000 + "}",
    ],
)
def test_a_malformed_file_is_refused(tmp_path, content):
    with pytest.raises(UsageError, match="the file is not a region: got '"):
        read_region(written(tmp_path, content))


@pytest.mark.parametrize("ring", [[], [[0, 0], [1, 1]], [[n, n % 7] for n in range(MAX_CORNERS + 1)]])
def test_too_many_or_too_few_corners_are_refused(tmp_path, ring):
    with pytest.raises(UsageError, match="too many or too few corners"):
        read_region(written(tmp_path, feature(ring)))


def test_coordinates_far_away_are_refused(tmp_path):
    with pytest.raises(UsageError, match="the region is too large: got 1e\\+300"):
        read_region(written(tmp_path, feature([[0, 0], [1e300, 0], [1, 1]])))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(UsageError, match="a region cannot be read"):
        read_region(str(tmp_path / "missing.geojson"))
