import json

import pytest

from hemolens.errors import LabelError
from hemolens.labels.geojson import read_geojson

RING = [[3, 2], [8, 2], [8, 10], [3, 10], [3, 2]]


def feature(name="rbc", *, kind="Polygon", coordinates=None, **properties):
    classified = {"objectType": "annotation", "classification": {"name": name, "color": [1, 2, 3]}}
    geometry = {"type": kind, "coordinates": [RING] if coordinates is None else coordinates}
    return {"type": "Feature", "id": "x", "geometry": geometry, "properties": classified | properties}


def collection(*features):
    return {"type": "FeatureCollection", "features": list(features)}


@pytest.fixture
def read(tmp_path):
    def read_content(content, types=None, name="a.geojson"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return read_geojson([path], types)

    return read_content


def test_the_box_ends_where_the_polygon_does(read):
    assert read(collection(feature())).truths["a"]["rbc"].boxes.tolist() == [[2, 3, 10, 8]]


def test_a_multipolygon_is_one_cell(read):
    two = feature(kind="MultiPolygon", coordinates=[[RING], [[[20, 20], [30, 20], [30, 25], [20, 20]]]])
    assert read(collection(two)).truths["a"]["rbc"].boxes.tolist() == [[2, 3, 25, 30]]


def test_an_empty_ring_is_passed_over(read):
    rings = feature(kind="MultiPolygon", coordinates=[[RING, []], [[]]])
    assert read(collection(rings)).truths["a"]["rbc"].boxes.tolist() == [[2, 3, 10, 8]]


def test_a_polygon_of_empty_rings_is_left_out_and_said(read):
    labels = read(collection(feature(), feature(coordinates=[[]])))
    assert labels.truths["a"]["rbc"].count == 1
    assert labels.notes == ("1 outlines that enclose nothing were left out.",)


def test_a_bare_list_of_features_is_read(read):
    assert read([feature("Platelet")]).truths["a"]["plt"].count == 1


def test_only_what_comes_before_a_colon_is_the_type(read):
    assert read(collection(feature("WBC: unsure"))).truths["a"]["wbc"].count == 1


def test_the_classification_may_be_a_list_of_names(read):
    assert read(collection(feature(classification={"names": ["rbc", "unsure"]}))).truths["a"]["rbc"].count == 1


def test_a_file_without_objects_is_a_photograph_without_cells(read):
    assert read(collection(), ["rbc"]).truths["a"]["rbc"].count == 0


def test_the_name_of_the_file_is_that_of_the_photograph(read):
    assert set(read(collection(feature()), name="a.jpg.geojson").truths) == {"a.jpg"}


def test_an_outline_that_encloses_nothing_is_left_out_and_said(read):
    labels = read(collection(feature(), feature(coordinates=[[[3, 3], [3, 3], [3, 3], [3, 3]]])))
    assert labels.truths["a"]["rbc"].count == 1
    assert labels.notes == ("1 outlines that enclose nothing were left out.",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "'a.geojson' is not a GeoJSON file of cells"),
        ("", "is not a GeoJSON file of cells"),
        ('{"type": "Topology"}', "is not a GeoJSON file of cells"),
        ("[" * 100_000, "is not a GeoJSON file of cells: got .*recursion"),
        ('{"type": "FeatureCollection", "features": ' + '{"a":' * 100_000, "recursion"),
        (json.dumps(collection(feature())).replace("[3, 2]", "[NaN, 2]"), "finite"),
        (json.dumps(collection(feature())).replace("[3, 2]", "[1e999, 2]"), "finite"),
        (collection(feature(coordinates=[[[1], [2], [3]]])), "at least 2 items"),
        (collection(feature(coordinates=[])), "at least 1 item"),
        (collection(feature(kind="Point", coordinates=[1, 2])), "'Point'"),
        (collection(feature(classification=None)), "unknown cell type in object 0 of 'a.geojson': got ''"),
        (collection(feature("Tumor")), "unknown cell type in object 0 of 'a.geojson': got 'Tumor'"),
    ],
)
def test_what_is_not_such_a_file_is_refused(read, content, message):
    with pytest.raises(LabelError, match=message):
        read(content)
