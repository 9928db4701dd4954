import csv
import json

import cv2
import numpy as np
import pytest

from hemolens.evaluation.all_idb1 import held_out_photographs, read_truth


@pytest.fixture
def folder(tmp_path):
    """One photograph with one outlined red cell, three white cells by hand, and a platelet and a speck in the mask."""
    (tmp_path / "labels/rbc").mkdir(parents=True)
    (tmp_path / "masks/plt").mkdir(parents=True)
    for name, rows in {
        "counts.csv": [["image", "wbc"], ["a", "3"]],
        "splits.csv": [
            ["image", "cell_type", "split"],
            ["a", "rbc", "test"],
            ["b", "rbc", "train"],
            ["a", "plt", "train"],
        ],
    }.items():
        with (tmp_path / name).open("w", newline="") as file:
            csv.writer(file).writerows(rows)
    coco = {
        "images": [{"id": 7, "file_name": "a.jpg"}],
        "annotations": [{"image_id": 7, "segmentation": [[10, 20, 29, 20, 29, 39, 10, 39]]}],
    }
    (tmp_path / "labels/rbc/polygons_coco.json").write_text(json.dumps(coco))
    mask = np.zeros((50, 60), np.uint8)
    mask[5:10, 5:10] = mask[40, 40:50] = 255
    cv2.imwrite(str(tmp_path / "masks/plt/a.png"), mask)
    return tmp_path


def test_held_out_photographs_are_those_of_the_split(folder):
    assert held_out_photographs(folder, "rbc") == ["a"]
    assert held_out_photographs(folder, "plt") == []


def test_boxes_of_red_cells_are_those_of_their_outlines(folder):
    truth = read_truth(folder, "a", "rbc")
    assert truth.count == 1
    assert truth.boxes.tolist() == [[20, 10, 40, 30]]


def test_white_cells_are_counted_by_hand(folder):
    truth = read_truth(folder, "a", "wbc")
    assert (truth.count, truth.boxes) == (3, None)


def test_platelets_under_20_pixels_are_none(folder):
    assert read_truth(folder, "a", "plt").boxes.tolist() == [[5, 5, 10, 10]]
