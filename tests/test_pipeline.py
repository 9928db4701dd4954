"""The whole path with the shipped models."""

from dataclasses import replace

import numpy as np
import pytest

import hemolens
from hemolens.cells.counters import PAPER_COUNTERS
from hemolens.errors import UsageError
from hemolens.evaluation.comparison import compare
from hemolens.images.photograph import photograph_from_array
from hemolens.labels.truth import truth_of_boxes
from hemolens.pipeline import count_image
from hemolens.statistics.counts import Counts, count_cells
from hemolens.synthetic import draw_smear


@pytest.fixture(scope="module")
def smear():
    return draw_smear(seed=5, height=500, width=700, n_rbc=28, n_wbc=1, n_plt=3)


@pytest.fixture(scope="module")
def result(smear):
    return hemolens.count(smear.pixels)


def test_drawn_red_cells_are_found_where_they_are(smear, result):
    truth = truth_of_boxes([cell.box for cell in smear.cells if cell.type == "rbc"])
    assert compare(result.cells, truth, "rbc", smear.pixels.shape[:2]).detection.f1 >= 0.9


def test_a_drawn_white_cell_is_counted_once(result):
    assert result.counts.wbc == 1


def test_the_counts_are_those_of_the_cells(result):
    assert result.counts == count_cells(result.cells)


def test_cells_lie_inside_the_photograph(smear, result):
    height, width = smear.pixels.shape[:2]
    for cell in result.cells:
        assert 0 <= cell.box.row0 < cell.box.row1 <= height
        assert 0 <= cell.box.col0 < cell.box.col1 <= width


def test_the_same_photograph_gives_the_same_cells(smear, result):
    again = hemolens.count(smear.pixels)
    assert [cell.box for cell in again.cells] == [cell.box for cell in result.cells]


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (300, 400)])
def test_zero_is_a_count(shape):
    assert hemolens.count(np.full((*shape, 3), 225, np.uint8)).counts == Counts(0, 0, 0)


@pytest.mark.parametrize("counter", sorted(PAPER_COUNTERS))
def test_every_counter_finds_most_red_cells(smear, counter):
    counted = hemolens.count(smear.pixels, counter=counter)
    assert {method.counter for method in counted.methods.values()} == {counter}
    assert abs(counted.counts.rbc - 28) <= 4


def test_an_unknown_counter_is_refused(smear):
    with pytest.raises(UsageError, match="unknown counter"):
        hemolens.count(smear.pixels, counter="guess")


def test_a_given_diameter_is_the_ruler(smear):
    ruler = hemolens.count(smear.pixels, diameter_px=78).red_cell_diameter
    assert (ruler.px, ruler.origin) == (78.0, "diameter_px")
    assert ruler.estimate is not None


def test_the_scale_of_the_file_is_the_ruler(smear):
    photograph = replace(photograph_from_array(smear.pixels), um_per_px=0.1)
    ruler = count_image(photograph).red_cell_diameter
    assert (ruler.px, ruler.origin) == (75.0, "file")


def test_a_file_of_another_objective_does_not_spoil_the_counts(smear, result):
    photograph = replace(photograph_from_array(smear.pixels), um_per_px=0.19)
    counted = count_image(photograph)
    assert (counted.counts, counted.numbers.um_per_px, counted.quality.verdict) == (result.counts, None, "warn")


def test_no_interval_claims_the_models_error_on_a_grey_picture(smear, result):
    counted = hemolens.count(smear.pixels.mean(axis=2).round().astype(np.uint8))
    assert [finding.check for finding in counted.quality.findings] == ["grey"]
    assert (set(result.corrected), counted.corrected) == ({"rbc", "wbc", "plt"}, {})


def test_two_rulers_are_refused(smear):
    with pytest.raises(UsageError, match="the scale is given twice"):
        hemolens.count(smear.pixels, diameter_px=80, um_per_px=0.1)


@pytest.mark.data
def test_a_real_photograph_that_no_model_has_seen(data):
    result = hemolens.count(data / "all-idb1" / "images" / "Im037_0.jpg")
    low, high = result.corrected["rbc"].low, result.corrected["rbc"].high
    assert low <= 105 <= high
    assert result.counts.wbc == 1
