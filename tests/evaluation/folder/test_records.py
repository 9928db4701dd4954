import math

import numpy as np
import pytest

from hemolens.evaluation.comparison import Comparison
from hemolens.evaluation.folder.evaluate import evaluate
from hemolens.evaluation.folder.records import count_figures, make_records

NOTHING = np.zeros((0, 4))


def figures(*rows):
    comparisons = [Comparison(truth, count, [], [], [], NOTHING, None) for truth, count in rows]
    return {metric: (n, figure) for metric, n, figure in count_figures(comparisons)}


def test_photographs_without_a_true_cell_are_no_part_of_the_accuracy():
    n, accuracy = figures((10, 9), (10, 10), (0, 4))["counting accuracy"]
    assert (n, accuracy.value) == (2, pytest.approx(0.95))


def test_they_stand_apart():
    found = figures((10, 9), (0, 4), (0, 0))
    n, exact = found["exact counts where the truth is 0"]
    assert (n, exact.value) == (2, 1)
    assert found["counted cells where the truth is 0"][1].value == 4


def test_the_other_measures_are_of_all_photographs():
    found = figures((10, 9), (10, 10), (0, 4))
    assert found["mean absolute error"][1].value == pytest.approx(5 / 3)
    assert found["bias"][1].value == pytest.approx(23 / 20 - 1)
    assert found["exact counts"][1].value == pytest.approx(1 / 3)


def test_nothing_labelled_anywhere_has_no_accuracy():
    n, accuracy = figures((0, 4))["counting accuracy"]
    assert n == 0
    assert math.isnan(accuracy.value)


@pytest.fixture
def records(folder, write_labels, found, make_cell):
    found["a.png"] = [make_cell()]
    labels = write_labels("a.png,rbc,5,3,10,8", "b.png,rbc,5,3,10,8")
    return make_records(evaluate(labels, folder / "photos", robustness=True))


def test_a_record_has_its_interval_and_number_of_photographs(records):
    (recall,) = [each for each in records if each.metric == "recall"]
    assert (recall.table, recall.cell, recall.n_images, recall.value) == ("cells", "rbc", 2, 0.5)
    assert (recall.low, recall.high) == (0, 1)


def test_types_that_are_not_labelled_have_no_figures(records):
    assert {each.cell for each in records if each.table != "robustness"} == {"rbc"}


def test_robustness_is_of_all_types(records):
    pooled = {each.cell: each.value for each in records if (each.change, each.metric) == ("hue +10°", "pooled change")}
    assert pooled == {"rbc": -1, "wbc": None, "plt": None}
