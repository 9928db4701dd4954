import json
import uuid

import pytest
import shapely

from hemolens.output.export.geojson import GeoJson, geojson_bytes


def features(result):
    return json.loads(geojson_bytes(result))["features"]


def test_every_geometry_is_a_valid_closed_polygon_that_runs_counter_clockwise(drawn):
    for feature in features(drawn):
        (ring,) = feature["geometry"]["coordinates"]
        polygon = shapely.from_geojson(json.dumps(feature["geometry"]))
        assert ring[0] == ring[-1]
        assert polygon.is_valid
        assert polygon.exterior.is_ccw


def test_shapely_reads_the_whole_collection(drawn):
    assert len(shapely.from_geojson(geojson_bytes(drawn).decode()).geoms) == len(drawn.cells)


def test_the_areas_are_those_of_the_cells(drawn):
    for feature, cell in zip(features(drawn), drawn.cells, strict=True):
        polygon = shapely.from_geojson(json.dumps(feature["geometry"]))
        assert polygon.area == pytest.approx(cell.area_px, rel=0.02, abs=15)


def test_the_zero_is_the_corner_of_the_photograph(make_result, make_cell):
    (feature,) = features(make_result("a.jpg", make_cell(row=5, col=7, half=2)))
    assert shapely.from_geojson(json.dumps(feature["geometry"])).bounds == (5.5, 3.5, 9.5, 7.5)


def test_a_cell_is_a_detection_with_its_class_and_the_colour_of_the_overlay(make_result, make_cell):
    (feature,) = features(make_result("a.jpg", make_cell("wbc")))
    assert feature["type"] == "Feature"
    assert feature["properties"]["objectType"] == "detection"
    assert feature["properties"]["classification"] == {"name": "wbc", "color": [255, 221, 0]}
    assert feature["properties"]["name"] == "wbc-1"


def test_measurements_are_numbers_by_name(make_result, make_cell):
    (feature,) = features(make_result("a.jpg", make_cell(touches_frame=True)))
    expected = {"score": 0.75, "area_px": 25.0, "diameter_px": 5.64, "touches_frame": 1}
    assert feature["properties"]["measurements"] == expected


def test_ids_are_uuids_and_the_same_each_time(drawn):
    ids = [feature["id"] for feature in features(drawn)]
    assert len({uuid.UUID(each) for each in ids}) == len(drawn.cells)
    assert ids == [feature["id"] for feature in features(drawn)]


def test_no_cells_are_a_collection_without_features(make_result):
    assert json.loads(geojson_bytes(make_result())) == {"type": "FeatureCollection", "features": []}


def test_the_file_is_called_after_the_photograph(entry):
    assert GeoJson.files(entry) == ("geojson/a.geojson",)
