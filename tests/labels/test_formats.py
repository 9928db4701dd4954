"""What every format of labels promises: it is recognised, says what it claims to, and is documented."""

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from roifile import ImagejRoi, roiwrite

from hemolens.labels import FORMATS, read_labels, recognise

SQUARE = [[3, 2], [8, 2], [8, 10], [3, 10]]
"""A red cell of 5 × 8 pixels, corner by corner."""


def box_table(folder):
    (folder / "labels.csv").write_text("image,type,x0,y0,x1,y1\na,rbc,3,2,8,10\n")


def count_table(folder):
    (folder / "labels.csv").write_text("image,rbc\na,1\n")


def masks(folder):
    mask = np.zeros((20, 20), np.uint8)
    mask[2:10, 3:8] = 255
    (folder / "rbc").mkdir()
    cv2.imwrite(str(folder / "rbc/a.png"), mask)


def do_unet(folder):
    information = {"image_name": "a", "image_height": 20, "image_width": 20}
    vertices = [{"x": x, "y": y} for x, y in SQUARE]
    (folder / "a.json").write_text(json.dumps({"image_information": information, "markup": [{"vertices": vertices}]}))


def coco(folder):
    content = {
        "images": [{"id": 1, "file_name": "a"}],
        "categories": [{"id": 1, "name": "rbc"}],
        "annotations": [{"image_id": 1, "category_id": 1, "segmentation": [np.ravel(SQUARE).tolist()]}],
    }
    (folder / "labels.json").write_text(json.dumps(content))


def geojson(folder):
    feature = {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [[*SQUARE, SQUARE[0]]]},
        "properties": {"classification": {"name": "rbc"}},
    }
    (folder / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))


def imagej(folder):
    roiwrite(folder / "a.zip", [ImagejRoi.frompoints(np.array(SQUARE, float), name="rbc-1")])


def voc(folder):
    box = "<bndbox><xmin>4</xmin><ymin>3</ymin><xmax>8</xmax><ymax>10</ymax></bndbox>"
    (folder / "a.xml").write_text(f"<annotation><object><name>rbc</name>{box}</object></annotation>")


def ome_zarr(folder):
    zarr = pytest.importorskip("zarr", reason="needs zarr: pip install 'hemolens[export]'")
    numbers = np.zeros((20, 20), np.int32)
    numbers[2:10, 3:8] = 1
    labels = zarr.open_group(str(folder / "a.ome.zarr"), mode="w", zarr_format=2).create_group("labels")
    labels.attrs["labels"] = ["rbc"]
    image = labels.create_group("rbc")
    image.attrs["multiscales"] = [{"version": "0.4", "datasets": [{"path": "0"}]}]
    image.create_array("0", data=numbers)


def yolo(folder):
    (folder / "classes.txt").write_text("rbc\n")
    (folder / "a.txt").write_text("0 0.275 0.3 0.25 0.4\n")


WRITERS = {
    "CSV of boxes": box_table,
    "CSV of counts": count_table,
    "folder of masks or label images": masks,
    "DO-U-Net": do_unet,
    "COCO": coco,
    "QuPath GeoJSON": geojson,
    "ImageJ regions": imagej,
    "Pascal VOC": voc,
    "OME-Zarr": ome_zarr,
    "YOLO": yolo,
}
"""Each writes labels of one red cell into a folder."""

IN_ONE_FILE = {"CSV of boxes", "CSV of counts", "COCO"}


@pytest.fixture
def write(tmp_path):
    """Write labels of a format, and return what a user would name."""

    def write_labels(name):
        WRITERS[name](tmp_path)
        return next(tmp_path.iterdir()) if name in IN_ONE_FILE else tmp_path

    return write_labels


each_format = pytest.mark.parametrize("each", FORMATS, ids=lambda each: each.name)


@each_format
def test_it_is_recognised_among_all(each, write):
    assert recognise(write(each.name))[0] is each


@each_format
def test_it_says_what_it_claims_to_say(each, write):
    (truths,) = read_labels(write(each.name)).truths.values()
    assert truths["rbc"].count == 1
    assert (truths["rbc"].boxes is not None) == ("boxes" in each.says)
    assert (truths["rbc"].paint is not None) == bool({"outlines", "masks"} & set(each.says))


def test_names_are_different():
    assert len({each.name for each in FORMATS}) == len(FORMATS)


def test_the_documentation_shows_the_formats():
    page = (Path(__file__).parents[2] / "docs/how-to-evaluate.md").read_text("utf-8")
    (table,) = re.findall(r"^## Labels\n\n(?:\|.*\n){2}((?:\|.*\n)+)", page, re.MULTILINE)
    assert table.splitlines() == [f"| {each.name} | {each.looks} | {', '.join(each.says)} |" for each in FORMATS]
