"""Labels of every kind become what is trained on: what they say, and nothing that they do not say."""

import json

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hemolens.errors import LabelError, TrainingError
from hemolens.labels.labelled_types import LabelledCell, labels_of_cells
from hemolens.labels.truth import Truth
from hemolens.synthetic import draw_smear
from hemolens.training import labelled_folders
from hemolens.training.cell_planes import Known, NumberedCells
from hemolens.training.config import LabelledSource, read_config, shipped_configs
from hemolens.training.labelled_folders import (
    allowed_names,
    forget_frame,
    number_cells,
    part_of,
    read_labelled_smears,
    read_source,
)

pytestmark = pytest.mark.train

NAMES = [f"{n:02}.jpg" for n in range(20)]


def source(**changes):
    values = {
        "name": "ours", "what": "ours", "terms": "ours", "labels": "labels.csv", "usual_px": 30, "share": 0.5,
        "validation_every": 5,
    }  # fmt: skip
    return LabelledSource.model_validate(values | changes)


def read(folder, **changes):
    return read_labelled_smears(folder, source(**changes), 30)


def types_of(smear):
    return [kind for kind in ("rbc", "wbc", "plt") if smear.labels(kind)]


@pytest.fixture(scope="module")
def smears():
    sizes = {"height": 200, "width": 260, "red_cell_diameter_px": 30}
    return {f"{n}.png": draw_smear(n, n_rbc=6, n_wbc=1, n_plt=0, **sizes) for n in range(3)}


@pytest.fixture
def folder(tmp_path, smears):
    """Photographs and no labels yet."""
    (tmp_path / "images").mkdir()
    for name, smear in smears.items():
        cv2.imwrite(str(tmp_path / "images" / name), smear.pixels[..., ::-1])
    return tmp_path


def write_boxes(folder, smears, types=("rbc", "wbc"), more=""):
    rows = [
        f"{name},{cell.type},{cell.box.col0},{cell.box.row0},{cell.box.col1},{cell.box.row1}\n"
        for name, smear in smears.items()
        for cell in smear.cells
        if cell.type in types
    ]
    (folder / "labels.csv").write_text("image,type,x0,y0,x1,y1\n" + "".join(rows) + more)


def write_outlines(folder, smears):
    coco = {"images": [], "categories": [{"id": 1, "name": "rbc"}], "annotations": []}
    for n, (name, smear) in enumerate(smears.items()):
        coco["images"].append({"id": n, "file_name": name})
        for cell in smear.cells:
            if cell.type == "rbc":
                ring = cell.outline[:, ::-1].astype(float).ravel().tolist()
                coco["annotations"].append({"image_id": n, "category_id": 1, "segmentation": [ring]})
    (folder / "labels.json").write_text(json.dumps(coco))


def write_label_images(folder, smears, kind="rbc"):
    (folder / "masks" / kind).mkdir(parents=True)
    for name, smear in smears.items():
        cv2.imwrite(str(folder / "masks" / kind / name), smear.labels(kind).astype(np.uint16))


def test_of_outlines_everything_is_known(folder, smears):
    write_outlines(folder, smears)
    found = read(folder, labels="labels.json")
    assert [(smear.name, smear.source) for smear in found] == [(f"{n}.png", "ours") for n in range(3)]
    for smear in found:
        assert types_of(smear) == ["rbc"]
        assert (smear.known[..., 0] == Known.ALL).all()
        assert len(np.unique(smear.numbers[..., 0])) == 1 + 6


def test_label_images_are_taken_to_the_pixel(folder, smears):
    write_label_images(folder, smears, "wbc")
    same_size = [smear for smear in read(folder, labels="masks") if smear.pixels.shape[:2] == (200, 260)]
    assert same_size
    for smear in same_size:
        np.testing.assert_array_equal(smear.numbers[..., 1] > 0, smears[smear.name].labels("wbc") > 0)


def test_of_boxes_the_rim_is_unknown(folder, smears):
    write_boxes(folder, smears)
    smear, *_ = read(folder)
    assert types_of(smear) == ["rbc", "wbc"]
    assert Known.CENTRE in np.unique(smear.known[..., 0])


def test_one_cell_without_an_outline_makes_all_of_its_type_boxes():
    ring = np.array([[10, 10], [30, 10], [30, 30], [10, 30]], float)
    cells = {"a": {"rbc": [LabelledCell((10, 10, 30, 30), [ring]), LabelledCell((50, 50, 70, 70))]}}
    numbered = number_cells(labels_of_cells(cells).truths["a"]["rbc"], "rbc", (100, 100))
    assert not (numbered.known == Known.ALL).all()
    assert len(np.unique(numbered.numbers)) == 3


def test_a_type_that_the_labels_do_not_hold_is_unknown(folder, smears):
    write_boxes(folder, smears, types=("wbc",))
    assert all(types_of(smear) == ["wbc"] for smear in read(folder))


def test_a_type_that_the_setup_does_not_name_is_unknown(folder, smears):
    write_boxes(folder, smears)
    assert all(types_of(smear) == ["rbc"] for smear in read(folder, types=["rbc"]))


def test_a_photograph_without_cells_is_all_background(folder, smears):
    write_boxes(folder, {"0.png": smears["0.png"]}, more="1.png,,,,,\n")
    _, smear = read(folder)
    assert not smear.numbers.any()
    assert (smear.known[..., 0] == Known.ALL).all()


def test_boxes_in_parts_of_the_photograph(folder, smears):
    (folder / "yolo").mkdir()
    (folder / "yolo" / "classes.txt").write_text("rbc\n")
    (folder / "yolo" / "1.txt").write_text("0 0.5 0.5 0.1 0.2\n")
    (smear,) = read(folder, labels="yolo")
    height, width = smear.pixels.shape[:2]
    assert smear.numbers[height // 2, width // 2, 0] == 1


def test_boxes_that_are_wider_than_the_cells_do_not_change_the_scale(folder, smears):
    write_boxes(folder, smears)
    exact, wide = (read(folder, box_margin=margin)[0].pixels.shape[0] for margin in (1.0, 1.25))
    assert wide == pytest.approx(exact * 1.25, abs=1)


@pytest.mark.parametrize("write", [write_boxes, write_outlines])
def test_red_cells_that_stand_alone_are_lent(folder, smears, write):
    write(folder, smears)
    labels = "labels.csv" if write is write_boxes else "labels.json"
    lent = [(smear.lent[..., 0] > 0, smear.numbers[..., 0] > 0) for smear in read(folder, labels=labels)]
    assert any(own.any() for own, _ in lent)
    assert all(cells[own].mean() > 0.9 for own, cells in lent if own.any())


def test_white_cells_are_lent_where_they_are_outlined(folder, smears):
    write_label_images(folder, smears, "wbc")
    assert any(smear.lent[..., 1].any() for smear in read(folder, labels="masks"))


def test_boxed_white_cells_are_not_lent(folder, smears):
    write_boxes(folder, smears)
    assert not any(smear.lent[..., 1].any() for smear in read(folder))


def test_masks_of_white_cells_say_more_than_boxes(folder, smears):
    write_boxes(folder, smears)
    (folder / "white").mkdir()
    for name, smear in smears.items():
        cv2.imwrite(str(folder / "white" / name), np.where(smear.labels("wbc") > 0, 255, 0).astype(np.uint8))
    assert all((smear.known[..., 1] == Known.ALL).all() for smear in read(folder, white_masks="white"))


def test_a_band_along_the_frame_is_unknown_but_for_its_cells():
    numbers = np.zeros((30, 40), np.uint16)
    numbers[0:6, 10:16] = 1
    cells = NumberedCells(numbers, np.full(numbers.shape, Known.ALL, np.uint8))
    forget_frame(cells, 4.4)
    assert (cells.known[4:-4, 4:-4] == Known.ALL).all()
    assert (cells.known[numbers > 0] == Known.ALL).all()
    assert (cells.known[:4][numbers[:4] == 0] == Known.NOTHING).all()
    assert not cells.known[-4:].any()
    assert not cells.known[4:-4, -4:].any()


def test_a_band_wider_than_the_photograph_leaves_nothing():
    cells = NumberedCells(np.zeros((10, 12), np.uint16), np.full((10, 12), Known.ALL, np.uint8))
    forget_frame(cells, 11)
    assert not cells.known.any()


def test_the_band_is_that_of_the_setup(folder, smears):
    write_boxes(folder, smears)
    smear, *_ = read(folder, frame_unknown=0.5)
    edge, inside = smear.known[2, :, 0], smear.known[20:-20, 20:-20, 0]
    assert not edge[smear.numbers[2, :, 0] == 0].any()
    assert (inside > 0).all()
    assert (smear.known[..., 1] > 0).all()  # of the red cells alone


def test_what_may_be_a_platelet_is_unknown(folder, smears):
    write_boxes(folder, smears, more="0.png,plt,100,100,110,110\n")
    (folder / "maybe.csv").write_text("image,x0,y0,x1,y1\n0.png,-5,-5,40,30\n")
    smear, *others = read(folder, unknown_platelets="maybe.csv")
    assert not smear.known[:20, :30, 2].any()
    assert (smear.known[:20, :30, :2] > 0).all()
    assert (smear.known[40:, :, 2] > 0).all()
    assert all((other.known[:20, :30, 2] > 0).all() for other in others if other.labels("plt"))


def test_counts_alone_are_refused(folder):
    (folder / "labels.csv").write_text("image,rbc\n0.png,6\n")
    with pytest.raises(TrainingError, match="labels of 'ours' do not say where the cells are: got counts alone"):
        read_source(folder, source())


def test_a_type_without_any_label_is_refused(folder, smears):
    write_boxes(folder, smears)
    with pytest.raises(TrainingError, match=r"no cell of the type plt: got 'labels\.csv'; allowed: rbc, wbc; leave"):
        read_source(folder, source(types=["rbc", "plt"]))


def test_more_cells_than_can_be_numbered_are_refused(folder, smears, monkeypatch):
    monkeypatch.setattr(labelled_folders, "MOST_CELLS", 5)
    write_boxes(folder, smears)
    with pytest.raises(TrainingError, match="too many cells: got 6 of one type; allowed: at most 5"):
        read_source(folder, source())


def test_labels_of_photographs_that_are_not_there_are_refused(folder, smears):
    write_boxes(folder, smears, more="lost.png,rbc,0,0,9,9\n")
    with pytest.raises(TrainingError, match=r"photographs are missing: got 1 names .* the first 'lost.png'"):
        read(folder)


def test_a_folder_that_is_not_there_is_refused(folder, smears):
    write_boxes(folder, smears)
    with pytest.raises(TrainingError, match="folder of the labelled photographs is missing"):
        read(folder, images="pictures")


def test_labels_of_another_size_are_refused(folder, smears):
    write_boxes(folder, smears, more="1.png,rbc,500,0,540,40\n")
    with pytest.raises(LabelError, match=r"reaches out of '1\.png'"):
        read(folder)


def test_a_table_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(
        TrainingError, match=r"cannot be read: got '.*splits\.csv' \(FileNotFoundError\); allowed: a CSV"
    ):
        allowed_names(tmp_path, source(left_out={"part": "test"}), NAMES)


def test_a_table_without_its_column_is_refused(tmp_path):
    (tmp_path / "splits.csv").write_text("image,fold\n00.jpg,test\n")
    with pytest.raises(
        TrainingError, match=r"column: got 'splits\.csv' without part; allowed: the columns image, part"
    ):
        allowed_names(tmp_path, source(left_out={"part": "test"}), NAMES)


def test_every_so_many_photographs_are_left_out_to_choose_settings_on():
    left_out = part_of(source(), NAMES, validation=True)
    assert left_out == ["00.jpg", "05.jpg", "10.jpg", "15.jpg"]
    assert sorted(left_out + part_of(source(), NAMES, validation=False)) == NAMES


def test_none_is_left_out_where_all_are_to_be_trained_on():
    all_of_them = source(validation_every=None)
    assert part_of(all_of_them, NAMES, validation=True) == []
    assert part_of(all_of_them, NAMES, validation=False) == NAMES


@pytest.mark.parametrize("table", ["splits.csv", "parts.csv"])
def test_the_test_part_is_never_looked_at(tmp_path, table):
    rows = "".join(f"{name},{'test' if name < '10' else 'train'}\n" for name in NAMES)
    (tmp_path / table).write_text(f"image,part\n{rows}")
    assert allowed_names(tmp_path, source(left_out={"part": "test"}, splits=table), NAMES) == NAMES[10:]


@pytest.mark.parametrize("name", [name for name in shipped_configs() if name.startswith("one-pass")])
def test_the_benchmark_test_photographs_are_left_out(name):
    left_out = {each.folder: each.left_out for each in read_config(name).labelled}
    assert left_out.get("other/bccd_cbc", {"cbc_split": "test"}) == {"cbc_split": "test"}
    assert left_out.get("other/bionet", {"suggested_use": "val"}) == {"suggested_use": "val"}


def test_a_mask_is_painted_by_its_own_reader():
    numbers = np.eye(4, dtype=np.int32)
    cells = number_cells(Truth(1, np.zeros((1, 4)), lambda shape: numbers), "rbc", (4, 4))
    np.testing.assert_array_equal(cells.numbers, numbers)
