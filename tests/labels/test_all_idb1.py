import csv
import json

import cv2
import numpy as np
import pytest

from hemolens.errors import LabelError, UsageError
from hemolens.labels.all_idb1 import AllIdb1

IMAGES = """\
image,width,height,session,camera,digital_zoom,rbc_diameter_px,flags
a,60,50,S1,C,,20,wbc:nucleus;plt:deposit
b,60,50,S1,C,,,
c,60,50,S2,C,,,
d,60,50,S3,C,2,200,
e,60,50,S3,C,2,,
"""


@pytest.fixture
def data(tmp_path):
    """One photograph with an outlined red cell, three white cells by hand, and a platelet and a speck in the mask."""
    (tmp_path / "labels/rbc").mkdir(parents=True)
    (tmp_path / "masks/plt").mkdir(parents=True)
    (tmp_path / "images.csv").write_text(IMAGES)
    (tmp_path / "counts.csv").write_text("image,rbc,wbc\na,1,3\nb,,2\n")
    splits = [["image", "cell_type", "split"], ["a", "rbc", "test"], ["b", "rbc", "train"], ["a", "plt", "train"]]
    with (tmp_path / "splits.csv").open("w", newline="") as file:
        csv.writer(file).writerows(splits)
    coco = {
        "images": [{"id": 7, "file_name": "a.jpg"}],
        "annotations": [{"image_id": 7, "segmentation": [[10, 20, 29, 20, 29, 39, 10, 39]]}],
    }
    (tmp_path / "labels/rbc/polygons_coco.json").write_text(json.dumps(coco))
    mask = np.zeros((50, 60), np.uint8)
    mask[5:10, 5:10] = mask[40, 40:50] = 255
    cv2.imwrite(str(tmp_path / "masks/plt/a.png"), mask)
    return AllIdb1(tmp_path)


def test_the_split_is_that_of_the_paper(data):
    assert (data.split("rbc", "test"), data.split("rbc", "train"), data.split("plt", "test")) == (["a"], ["b"], [])


def test_only_what_was_counted_is_known(data):
    assert (data.counted("rbc"), data.counted("wbc")) == (["a"], ["a", "b"])


def test_an_outline_runs_through_the_middles_of_pixels(data):
    (ring,) = data.outlines["a"]
    assert ring[0].tolist() == [10.5, 20.5]


def test_boxes_of_red_cells_are_those_of_their_outlines(data):
    truth = data.truth("a", "rbc")
    assert (truth.count, truth.boxes.tolist()) == (1, [[20, 10, 40, 30]])


def test_white_cells_are_counted_by_hand(data):
    truth = data.truth("a", "wbc")
    assert (truth.count, truth.boxes) == (3, None)


def test_platelets_under_20_pixels_are_none(data):
    assert data.truth("a", "plt").boxes.tolist() == [[5, 5, 10, 10]]


@pytest.mark.parametrize("kind", ["rbc", "wbc", "plt"])
def test_what_is_not_labelled_is_an_error(data, kind):
    with pytest.raises(LabelError, match=f"no truth of type {kind} for a photograph: got 'c'; allowed: .*; leave"):
        data.truth("c", kind)


def test_without_a_mask_a_type_is_unknown(data):
    assert (data.mask("b", "plt"), data.has_mask("b", "plt"), data.has_mask("a", "plt")) == (None, False, True)


def test_a_photograph_that_is_not_measured_has_the_diameter_of_its_session(data):
    assert [data.red_cell_diameters[name] for name in ("a", "b")] == [20, 20]


def test_in_another_session_it_has_the_diameter_of_its_camera_at_the_same_zoom(data):
    """The 200 px of the zoomed photograph say nothing of the others."""
    assert [data.red_cell_diameters[name] for name in ("c", "e")] == [20, 200]


def test_defects_are_told_one_by_one(data):
    assert [data.has_defect("a", defect) for defect in ("plt:deposit", "plt", "wbc:nucleus")] == [True, False, True]


def test_rows_come_before_columns(data):
    assert data.shapes["a"] == (50, 60)


@pytest.mark.parametrize("table", ["images", "outlines", "sessions"])
def test_another_folder_is_refused(tmp_path, table):
    with pytest.raises(UsageError, match=r"is not that of ALL-IDB1: got '.*nowhere' without .*; name") as raised:
        getattr(AllIdb1(tmp_path / "nowhere"), table)
    assert raised.value.option == "data"


def test_it_lies_among_other_collections(tmp_path):
    assert AllIdb1.within(tmp_path).path("a") == tmp_path / "all-idb1/images/a.jpg"
