"""No bytes, however wrong, make a reader do anything but read or refuse."""

import json
import random
import zipfile

import numpy as np
import pytest
from roifile import ROI_TYPE, ImagejRoi

from hemolens.errors import LabelError
from hemolens.labels import read_labels

N_TRIALS = 150


def rois(path):
    with zipfile.ZipFile(path, "w") as archive:
        for n, kind in enumerate((ROI_TYPE.POLYGON, ROI_TYPE.RECT, ROI_TYPE.FREEHAND), start=1):
            roi = ImagejRoi.frompoints(np.array([(3.0, 2.0), (8, 2), (8, 10), (3, 10)]), name=f"rbc-{n}")
            roi.roitype = kind
            archive.writestr(f"rbc-{n}.roi", roi.tobytes())


def geojson(path):
    ring = [[3, 2], [8, 2], [8, 10], [3, 2]]
    feature = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]},
               "properties": {"classification": {"name": "rbc"}}}  # fmt: skip
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature] * 3}))


def coco(path):
    annotation = {"image_id": 1, "category_id": 1, "segmentation": [[3, 2, 8, 2, 8, 10]], "bbox": [3, 2, 5, 8]}
    runs = [annotation | {"segmentation": {"size": [4, 4], "counts": counts}} for counts in ([5, 2, 9], "529")]
    images, categories = [{"id": 1, "file_name": "a.jpg"}], [{"id": 1, "name": "rbc"}]
    annotations = [annotation] * 3 + runs
    path.write_text(json.dumps({"images": images, "categories": categories, "annotations": annotations}))


def voc(path):
    box = "<bndbox><xmin>4</xmin><ymin>3</ymin><xmax>8</xmax><ymax>10</ymax></bndbox>"
    path.write_text(f'<?xml version="1.0"?><annotation><object><name>rbc</name>{box}</object></annotation>')


@pytest.mark.parametrize(("name", "write"), [("a.zip", rois), ("a.geojson", geojson), ("a.json", coco), ("a.xml", voc)])
def test_damage_anywhere_is_read_or_refused(name, write, tmp_path):
    path = tmp_path / name
    write(path)
    sound = path.read_bytes()
    assert read_labels(path).truths
    dice = random.Random(0)  # noqa: S311 -- damage, not a secret
    for _ in range(N_TRIALS):
        damaged = bytearray(sound)
        for _ in range(dice.choice([1, 2, 8])):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        path.write_bytes(damaged[: dice.choice([len(damaged), dice.randrange(len(damaged))])])
        try:
            read_labels(path)
        except LabelError as error:
            assert "\n" not in str(error)  # noqa: PT017 -- both outcomes are right
