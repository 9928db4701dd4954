import csv
import json

import cv2
import numpy as np
import pytest

from hemolens.errors import TrainingError
from hemolens.labels.all_idb1 import AllIdb1
from hemolens.training.all_idb1 import read_training_set

SQUARES = [[[10, 10], [29, 10], [29, 29], [10, 29]], [[31, 10], [50, 10], [50, 29], [31, 29]]]


@pytest.fixture
def folder(tmp_path):
    """Two photographs of 60×80 with red cells 20 px wide; two touching squares outlined on the first."""
    for part in ("images", "labels/rbc", "masks/wbc", "masks/plt"):
        (tmp_path / part).mkdir(parents=True)
    for name in ("a", "b"):
        cv2.imwrite(str(tmp_path / "images" / f"{name}.jpg"), np.full((60, 80, 3), 200, np.uint8))
    with (tmp_path / "images.csv").open("w", newline="") as file:
        fields = ["image", "session", "camera", "digital_zoom", "rbc_diameter_px"]
        csv.writer(file).writerows([fields, ["a", "S1", "C", "", "20"], ["b", "S1", "C", "", ""]])
    annotations = [{"image_id": 1, "segmentation": [np.ravel(square).tolist()]} for square in SQUARES]
    coco = {"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": annotations}
    (tmp_path / "labels/rbc/polygons_coco.json").write_text(json.dumps(coco))
    mask = np.zeros((60, 80), np.uint8)
    mask[10:40, 10:40] = mask[50:53, 50:53] = 255
    for kind in ("wbc", "plt"):
        cv2.imwrite(str(tmp_path / "masks" / kind / "a.png"), mask)
    return tmp_path


def read(folder, name="a", cell_type="rbc", diameter=20.0, touching=5.0):
    (photograph,) = read_training_set(
        AllIdb1(folder), [name], cell_type=cell_type, red_cell_diameter_px=diameter, touching_weight=touching
    )
    return photograph


def test_red_cell_targets_are_the_filled_and_the_drawn_outlines(folder):
    mask, edge = read(folder).targets
    assert mask[20, 20] == mask[20, 40 + 5] == 255
    assert edge[20, 20] == 0
    assert edge[20, 10] == edge[20, 29] == 255


def test_the_border_between_touching_cells_is_weighted(folder):
    _, weights = read(folder).weights
    assert weights[20, 30] == 5
    assert weights[20, 10] == 1


def test_everything_is_brought_to_the_wanted_diameter(folder):
    photograph = read(folder, diameter=10)
    assert photograph.pixels.shape == (30, 40, 3)
    assert photograph.targets.shape == photograph.weights.shape == (2, 30, 40)


def test_specks_of_a_white_cell_mask_do_not_count(folder):
    photograph = read(folder, cell_type="wbc")
    assert photograph.targets[0, 25, 25] == 255
    assert photograph.weights[0, 25, 25] == 1
    assert photograph.weights[0, 51, 51] == 0


def test_platelets_under_20_pixels_do_not_count(folder):
    assert read(folder, cell_type="plt").weights[0, 51, 51] == 0


def test_outlined_cells_can_be_piled_up(folder):
    photograph = read(folder)
    assert photograph.piles.background.tolist() == [200, 200, 200]
    assert photograph.touching_weight == 5


def test_stand_in_masks_need_no_outlines(folder):
    picture = np.full((60, 80, 3), 200, np.uint8)
    cv2.circle(picture, (50, 30), 10, (150, 120, 150), -1)
    cv2.imwrite(str(folder / "images" / "b.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 100])
    (photograph,) = read_training_set(
        AllIdb1(folder), ["b"], cell_type="rbc", red_cell_diameter_px=20, touching_weight=5, labels="stand-in"
    )
    mask, edge = photograph.targets
    assert mask[30, 50] == 255
    assert mask[30, 10] == 0
    assert (mask == edge).all()


def test_photograph_without_outlines_is_named(folder):
    with pytest.raises(TrainingError, match="no red-cell outlines for this photograph: got 'b'; allowed: a;"):
        read(folder, "b")


def test_photograph_without_a_mask_is_named(folder):
    with pytest.raises(TrainingError, match="no wbc mask for this photograph: got 'b'"):
        read(folder, "b", "wbc")


def test_unknown_photograph_is_named(folder):
    with pytest.raises(TrainingError, match="photograph is not in the data set: got 'c'"):
        read(folder, "c")
