"""Labels of every kind become what is trained on: what they say, and nothing that they do not say."""

import json

import cv2
import numpy as np
import pytest

from hemolens.colours import StandardColours
from hemolens.errors import LabelError, TrainingError
from hemolens.labels.labelled_types import LabelledCell, labels_of_cells
from hemolens.labels.truth import Truth
from hemolens.synthetic import draw_smear
from hemolens.training import labelled_folders
from hemolens.training.cell_planes import Known
from hemolens.training.labelled_folders import (
    WorkingScale,
    choose_names,
    number_cells,
    read_labelled_smears,
    read_source,
)
from hemolens.training.setup import LabelledSource, read_setup, shipped_setups

STANDARD = StandardColours(background_level=220, red_cell_absorbance=(0.06, 0.14, 0.09))
NAMES = [f"{n:02}.jpg" for n in range(20)]


def source(**changes):
    values = {
        "name": "ours", "what": "ours", "terms": "ours", "labels": "labels.csv", "usual_px": 30, "share": 0.5,
        "validation_every": 5,
    }  # fmt: skip
    return LabelledSource.model_validate(values | changes)


def scale(**changes):
    values = {"red_cell_diameter_px": 30, "colours": None, "outputs": ("rbc.mask",), "touching_weight": 1}
    return WorkingScale(**(values | changes))


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
    read = read_labelled_smears(folder, source(labels="labels.json"), scale(), validation=False)
    assert [smear.name for smear in read] == ["1.png", "2.png"]
    for smear in read:
        assert smear.cells.keys() == {"rbc"}
        assert (smear.cells["rbc"].known == Known.ALL).all()
        assert len(np.unique(smear.cells["rbc"].numbers)) == 1 + 6


def test_label_images_are_taken_to_the_pixel(folder, smears):
    write_label_images(folder, smears, "wbc")
    read = read_labelled_smears(folder, source(labels="masks"), scale(), validation=False)
    same_size = [smear for smear in read if smear.pixels.shape[:2] == (200, 260)]
    assert same_size
    for smear in same_size:
        np.testing.assert_array_equal(smear.cells["wbc"].numbers > 0, smears[smear.name].labels("wbc") > 0)


def test_of_boxes_the_rim_is_unknown(folder, smears):
    write_boxes(folder, smears)
    smear, _ = read_labelled_smears(folder, source(), scale(), validation=False)
    assert smear.cells.keys() == {"rbc", "wbc"}
    assert Known.CENTRE in np.unique(smear.cells["rbc"].known)


def test_one_cell_without_an_outline_makes_all_of_its_type_boxes():
    ring = np.array([[10, 10], [30, 10], [30, 30], [10, 30]], float)
    cells = {"a": {"rbc": [LabelledCell((10, 10, 30, 30), [ring]), LabelledCell((50, 50, 70, 70))]}}
    numbered = number_cells(labels_of_cells(cells).truths["a"]["rbc"], "rbc", (100, 100))
    assert not (numbered.known == Known.ALL).all()
    assert len(np.unique(numbered.numbers)) == 3


def test_a_type_that_the_labels_do_not_hold_is_unknown(folder, smears):
    write_boxes(folder, smears, types=("wbc",))
    assert all("rbc" not in smear.cells for smear in read_labelled_smears(folder, source(), scale(), validation=False))


def test_a_type_that_the_setup_does_not_name_is_unknown(folder, smears):
    write_boxes(folder, smears)
    read = read_labelled_smears(folder, source(types=["rbc"]), scale(), validation=False)
    assert all(smear.cells.keys() == {"rbc"} for smear in read)


def test_a_photograph_without_cells_is_all_background(folder, smears):
    write_boxes(folder, {"0.png": smears["0.png"]}, more="1.png,,,,,\n")
    (smear,) = read_labelled_smears(folder, source(), scale(), validation=False)
    assert not smear.cells["rbc"].numbers.any()
    assert (smear.cells["rbc"].known == Known.ALL).all()


def test_boxes_in_parts_of_the_photograph(folder, smears):
    (folder / "yolo").mkdir()
    (folder / "yolo" / "classes.txt").write_text("rbc\n")
    for name in ("0", "1"):
        (folder / "yolo" / f"{name}.txt").write_text("0 0.5 0.5 0.1 0.2\n")
    (smear,) = read_labelled_smears(folder, source(labels="yolo"), scale(), validation=False)
    height, width = smear.pixels.shape[:2]
    assert smear.cells["rbc"].numbers[height // 2, width // 2] == 1


def test_the_share_is_that_of_all_photographs_together(folder, smears):
    write_boxes(folder, smears)
    assert sum(s.share for s in read_labelled_smears(folder, source(), scale(), validation=False)) == 0.5


def test_boxes_that_are_wider_than_the_cells_do_not_change_the_scale(folder, smears):
    write_boxes(folder, smears)
    exact, wide = (
        read_labelled_smears(folder, source(box_margin=margin), scale(), validation=False)[0].pixels.shape[0]
        for margin in (1.0, 1.25)
    )
    assert wide == pytest.approx(exact * 1.25, abs=1)


@pytest.mark.parametrize("write", [write_boxes, write_outlines])
def test_photographs_of_one_background_lend_each_other_their_cells(folder, smears, write):
    write(folder, smears)
    labels = "labels.csv" if write is write_boxes else "labels.json"
    first, second = read_labelled_smears(
        folder,
        source(labels=labels),
        scale(colours=STANDARD),
        validation=False,
    )
    assert first.piles["rbc"].cells == second.piles["rbc"].cells
    assert first.piles["rbc"].cells


def test_slices_with_piles_can_be_drawn_of_every_kind_of_labels(folder, smears):
    write_boxes(folder, smears, types=("wbc",))
    write_label_images(folder, smears)
    for labels in ("labels.csv", "masks"):
        for smear in read_labelled_smears(folder, source(labels=labels), scale(), validation=False):
            pixels, targets, weights = smear.take_slice(0, 0, 100, np.random.default_rng(0), 1.0)
            assert pixels.shape == (100, 100, 3)
            assert targets.shape == weights.shape == (1, 100, 100)


def test_masks_of_white_cells_say_more_than_boxes(folder, smears):
    write_boxes(folder, smears)
    (folder / "white").mkdir()
    for name, smear in smears.items():
        cv2.imwrite(str(folder / "white" / name), np.where(smear.labels("wbc") > 0, 255, 0).astype(np.uint8))
    smear, _ = read_labelled_smears(folder, source(white_masks="white"), scale(), validation=False)
    assert (smear.cells["wbc"].known == Known.ALL).all()


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
        read_labelled_smears(folder, source(), scale(), validation=False)


def test_a_folder_that_is_not_there_is_refused(folder, smears):
    write_boxes(folder, smears)
    with pytest.raises(TrainingError, match="folder of the labelled photographs is missing"):
        read_labelled_smears(folder, source(images="pictures"), scale(), validation=False)


def test_labels_of_another_size_are_refused(folder, smears):
    write_boxes(folder, smears, more="1.png,rbc,500,0,540,40\n")
    with pytest.raises(LabelError, match=r"reaches out of '1\.png'"):
        read_labelled_smears(folder, source(), scale(), validation=False)


def test_every_so_many_photographs_are_left_out_to_choose_settings_on(tmp_path):
    left_out = choose_names(tmp_path, source(), NAMES, validation=True)
    assert left_out == ["00.jpg", "05.jpg", "10.jpg", "15.jpg"]
    assert sorted(left_out + choose_names(tmp_path, source(), NAMES, validation=False)) == NAMES


def test_the_test_part_is_never_looked_at(tmp_path):
    rows = "".join(f"{name},{'test' if name < '10' else 'train'}\n" for name in NAMES)
    (tmp_path / "splits.csv").write_text(f"image,part\n{rows}")
    both = [choose_names(tmp_path, source(left_out={"part": "test"}), NAMES, validation=v) for v in (True, False)]
    assert sorted(both[0] + both[1]) == NAMES[10:]


@pytest.mark.parametrize("name", [name for name in shipped_setups() if name.startswith("one-pass")])
def test_the_benchmark_test_photographs_are_left_out(name):
    (bccd,) = [each for each in read_setup(name).labelled if each.folder.endswith("bccd_cbc")]
    assert bccd.left_out == {"cbc_split": "test"}


def test_a_mask_is_painted_by_its_own_reader():
    numbers = np.eye(4, dtype=np.int32)
    cells = number_cells(Truth(1, np.zeros((1, 4)), lambda shape: numbers), "rbc", (4, 4))
    np.testing.assert_array_equal(cells.numbers, numbers)
