import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hemolens.errors import TrainingError
from hemolens.synthetic import draw_smear
from hemolens.training.differential.config import ClassifierConfig
from hemolens.training.differential.crops import classes_of, read_crops

from .conftest import CONFIG


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two drawn photographs with one white cell, one with two, one without."""
    folder = tmp_path_factory.mktemp("source")
    (folder / "images").mkdir()
    for name, n_wbc, seed in (("a", 1, 3), ("b", 1, 4), ("c", 2, 5), ("d", 0, 6)):
        smear = draw_smear(seed=seed, height=500, width=700, n_rbc=25, n_wbc=n_wbc, n_plt=0)
        Image.fromarray(smear.pixels).save(folder / "images" / f"{name}.png")
    (folder / "labels.csv").write_text("image,class\nb.png,l\na.png,n\nc.png,n\nd.png,n\ne.png,strange\n")
    return folder


def config_with(**fields):
    return ClassifierConfig.model_validate(CONFIG | {"sources": [CONFIG["sources"][0] | fields]})


def test_the_one_white_cell_of_a_photograph_is_cut_out(folder):
    crops = read_crops(config_with(), folder)
    assert crops.names == ("a.png", "b.png")
    assert crops.labels.tolist() == [0, 1]
    assert crops.pixels.shape == (2, 24, 24, 4)
    assert (crops.pixels[:, 12, 12, 3] == 255).all()


def test_of_several_cells_the_one_in_the_middle_can_be_meant(folder):
    smear = draw_smear(seed=3, height=500, width=700, n_rbc=25, n_wbc=1, n_plt=0)
    (box,) = [cell.box for cell in smear.cells if cell.type == "wbc"]
    row, col = (box.row0 + box.row1) // 2, (box.col0 + box.col1) // 2
    half = min(row, col, 500 - row, 700 - col)
    Image.fromarray(smear.pixels[row - half : row + half, col - half : col + half]).save(folder / "images" / "m.png")
    (folder / "middle.csv").write_text("image,class\nm.png,n\n")
    assert read_crops(config_with(table="middle.csv", in_middle=True), folder).names == ("m.png",)


def test_words_without_a_class_are_left_out(folder):
    assert "e.png" not in classes_of(config_with().sources[0], folder)


def test_cells_that_are_not_found_are_counted(folder):
    (folder / "one.csv").write_text("image,class\nd.png,n\n")
    with pytest.raises(TrainingError, match="no classified cell was found: got 1 photographs"):
        read_crops(config_with(table="one.csv"), folder)


def test_a_missing_column_is_named(folder):
    with pytest.raises(TrainingError, match="the columns image and kind"):
        read_crops(config_with(column="kind"), folder)


def test_a_part_of_the_crops_can_be_chosen(crops):
    chosen = crops.chosen(crops.labels == 1)
    assert len(chosen.names) == len(chosen.pixels) == 10
    assert np.array_equal(chosen.labels, np.ones(10))
