"""Classes of white cells, from the pipeline through to every file: with a classifier of a few numbers."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

import hemolens
from hemolens.block_count import count_block
from hemolens.errors import ModelError
from hemolens.images.photograph import photograph_from_array
from hemolens.labels import read_labels
from hemolens.options import CountOptions
from hemolens.pipeline import count_image
from hemolens.plan.blocks import plan_blocks
from hemolens.plan.plan import make_plan
from hemolens.review.edits import Edits
from hemolens.review.kept_result import read_result, result_bytes
from hemolens.review.trail import initial
from hemolens.synthetic import draw_smear

from .tiny_classifier import write_tiny_classifier


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    return write_tiny_classifier(tmp_path_factory.mktemp("classifier"))


@pytest.fixture(scope="module")
def image():
    pixels = draw_smear(seed=5, height=500, width=700, n_rbc=28, n_wbc=1, n_plt=3).pixels
    return photograph_from_array(pixels, name="smear.png")


@pytest.fixture(scope="module")
def result(image, classifier):
    return count_image(image, CountOptions(classifier=classifier))


def white_cell(result):
    (found,) = [cell for cell in result.cells if cell.type == "wbc"]
    return found


def test_white_cells_alone_have_a_class(result):
    assert white_cell(result).white_cell_class == "lymphocyte"
    assert {cell.white_cell_class for cell in result.cells if cell.type != "wbc"} == {None}
    assert (result.differential.n_leukocytes, result.differential.counts["lymphocyte"]) == (1, 1)


def test_on_a_grey_picture_no_class_is_named(image, classifier):
    grey = image.pixels.mean(axis=2, keepdims=True).round().astype(np.uint8).repeat(3, axis=2)
    counted = hemolens.count(grey, classifier=classifier)
    assert not counted.quality.colours_are_natural
    assert {cell.white_cell_class for cell in counted.cells if cell.type == "wbc"} == {"unsure"}


def test_without_a_classifier_there_is_no_differential(image):
    plain = count_image(image)
    assert plain.differential is None
    assert white_cell(plain).white_cell_class is None


def test_a_class_changes_no_count(image, result):
    assert count_image(image).counts == result.counts


def test_blocks_give_the_same_classes_as_the_whole(image, classifier):
    plan = make_plan(image, CountOptions(classifier=classifier))
    blocks = plan_blocks(image.shape, plan.diameter.px, block_diameters=4)
    found = [cell for block in blocks for cell in count_block(plan, block).cells if cell.type == "wbc"]
    whole = white_cell(count_image(image, CountOptions(classifier=classifier)))
    assert len(blocks) > 1
    assert [cell.white_cell_class for cell in found] == [whole.white_cell_class]


def test_a_missing_classifier_is_refused_before_anything_is_counted():
    with pytest.raises(ModelError, match="there is no such model"):
        CountOptions(classifier="nobody")


def test_all_files_tell_the_class(result, tmp_path):
    result.save(tmp_path, export=["coco", "geojson"], report=True)
    with (tmp_path / "cells.csv").open(newline="") as file:
        assert [row["class"] for row in csv.DictReader(file) if row["type"] == "wbc"] == ["lymphocyte"]
    with (tmp_path / "differential.csv").open(newline="") as file:
        rows = {row["class"]: row for row in csv.DictReader(file)}
    assert (rows["lymphocyte"]["percent"], rows["monocyte"]["percent"]) == ("100.0", "0.0")
    assert json.loads((tmp_path / "run.json").read_text())["classifier"]["model"] == "tiny"
    assert "Differential of" not in (tmp_path / "report.html").read_text()
    assert "White cells by class" in (tmp_path / "report.html").read_text()
    coco = json.loads((tmp_path / "coco.json").read_text())
    assert [each["name"] for each in coco["categories"]] == ["rbc", "wbc", "plt", "wbc: lymphocyte"]
    assert "wbc: lymphocyte" in (tmp_path / "geojson" / "smear.geojson").read_text()


@pytest.mark.parametrize("place", ["coco.json", "geojson"])
def test_exports_with_classes_can_be_measured_against(result, tmp_path, place):
    result.save(tmp_path, export=["coco", "geojson"])
    (truths,) = read_labels(tmp_path / place).truths.values()
    assert {kind: truth.count for kind, truth in truths.items()} == {
        kind: getattr(result.counts, kind) for kind in truths
    }


def test_a_run_without_classes_leaves_no_differential_of_an_earlier_one(image, result, tmp_path):
    result.save(tmp_path)
    count_image(image).save(tmp_path, overwrite=True)
    assert not (tmp_path / "differential.csv").exists()


def test_a_kept_result_has_its_classes_although_the_classifier_is_gone(image, result):
    options = result.options.model_copy(update={"classifier": "gone"})
    vars(options)["classifier_card"] = result.classifier
    again = read_result(result_bytes(replace(result, options=options)), image)
    assert (again.differential, again.classifier) == (result.differential, result.classifier)


def test_a_white_cell_that_becomes_another_type_has_no_class(result):
    number = str(1 + result.cells.index(white_cell(result)))
    (change,) = Edits(result, initial(result.cells), "Ada", "c").retype([number], "plt")
    assert (change.after.cell.white_cell_class, change.after.cell.class_probability) == (None, None)


@pytest.mark.parametrize("pixels", [np.zeros((30, 40, 3), np.uint8), np.full((1, 1, 3), 220, np.uint8)])
def test_nothing_to_classify_is_an_empty_differential(pixels, classifier):
    differential = hemolens.count(pixels, classifier=classifier).differential
    assert (differential.n_found, differential.warning) == (0, "")
