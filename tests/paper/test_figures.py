from dataclasses import fields

import pytest

from hemolens.cells.counters import PAPER_COUNTERS
from hemolens.errors import UsageError
from hemolens.evaluation.segmentation import SegmentationScores
from hemolens.paper.figures import key_of, paper_value, read_figures, released_value

TABLE_II = {
    ("A", "mask"): [0.3613, 0.6365, 0.8304, 0.8332, 0.8754],
    ("A", "edge"): [0.1816, 0.0663, 0.3582, 0.3475, 0.9343],
    ("B", "mask"): [0.0713, 0.7751, 0.9528, 0.9567, 0.9716],
    ("B", "edge"): [0.1465, 0.0759, 0.4127, 0.4015, 0.9385],
}


@pytest.mark.parametrize(("model", "output"), TABLE_II)
def test_a_row_of_table_ii(model, output):
    row = [
        paper_value(table="II", cell="rbc", network="do-unet", model=model, output=output, metric=metric)
        for metric in ("loss", "mean_iou", "dice", "tversky", "accuracy")
    ]
    assert row == TABLE_II[model, output]


@pytest.mark.parametrize(
    ("cell", "metric", "value"),
    [
        ("rbc", "train tiles", 3916),
        ("wbc", "test tiles", 15892),
        ("plt", "test images", 31),
        ("plt", "test tiles", 14410),
    ],
)
def test_figures_of_table_i(cell, metric, value):
    assert paper_value(table="I", cell=cell, metric=metric) == value


@pytest.mark.parametrize("cell", ["rbc", "wbc", "plt"])
@pytest.mark.parametrize("of", ["images", "tiles"])
def test_totals_of_table_i_are_the_sums_that_it_prints(cell, of):
    train, test, total = (
        paper_value(table="I", cell=cell, metric=f"{part} {of}") for part in ("train", "test", "total")
    )
    assert train + test == total


@pytest.mark.parametrize(
    ("cell", "output", "value"),
    [("rbc", "mask", 0.9586), ("rbc", "edge", 0.9399), ("wbc", "mask", 0.9972), ("plt", "mask", 0.9989)],
)
def test_accuracy_of_segnets_maps(cell, output, value):
    assert paper_value(table="segmentation", cell=cell, network="segnet", output=output, metric="accuracy") == value


@pytest.mark.parametrize(
    ("cell", "network", "counter", "images", "value"),
    [
        ("rbc", "do-unet", "circle-hough", 13, 0.9536),
        ("rbc", "segnet", "circle-hough", 13, 0.9403),
        ("rbc", "segnet", "watershed", 13, 0.8464),
        ("rbc", "segnet", "connected-components", 13, 0.7649),
        ("wbc", "unet", "watershed", 13, 0.9794),
        ("wbc", "unet", "watershed", 108, 0.9564),
        ("wbc", "segnet", "watershed", None, 0.9643),
        ("wbc", "segnet", "connected-components", None, 0.8289),
        ("wbc", "segnet", "circle-hough", None, 0.799),
        ("plt", "unet", "connected-components", 13, 0.9858),
        ("plt", "segnet", None, None, 0.7156),
    ],
)
def test_counting_accuracy_of_the_paper(cell, network, counter, images, value):
    found = paper_value(
        table="counting", cell=cell, network=network, counter=counter, images=images, metric="counting accuracy"
    )
    assert found == value


def test_the_paper_gives_no_other_counting_accuracy():
    assert len(read_figures()["counting"]) == 11


@pytest.mark.parametrize(
    ("cell", "counter", "images", "metric", "value"),
    [
        ("rbc", "circle-hough", 13, "counting accuracy", 0.923),
        ("rbc", "circle-hough", 3, "F1", 0.82),
        ("rbc", "circle-hough", 3, "bias", -0.1),
        ("wbc", "watershed", 108, "counting accuracy", 0.874),
        ("wbc", "circle-hough", 33, "counting accuracy", 0.033),
        ("wbc", "watershed", 33, "mean absolute error", 0.67),
        ("plt", "connected-components", 11, "counting accuracy", 0.148),
        ("plt", "watershed", 30, "counting accuracy", 0.618),
    ],
)
def test_counts_of_the_released_weights(cell, counter, images, metric, value):
    assert released_value(table="counting", cell=cell, counter=counter, images=images, metric=metric) == value


@pytest.mark.parametrize(
    ("cell", "output", "images", "metric", "value"),
    [
        ("rbc", "mask", 3, "accuracy", 0.973),
        ("rbc", "edge", 3, "plain_iou", 0.305),
        ("wbc", "mask", 33, "plain_dice", 0.914),
        ("plt", "mask", 30, "plain_iou", 0.488),
    ],
)
def test_maps_of_the_released_weights(cell, output, images, metric, value):
    assert released_value(table="segmentation", cell=cell, output=output, images=images, metric=metric) == value


@pytest.mark.parametrize("counter", ["watershed", "connected-components"])
def test_a_figure_that_the_paper_does_not_give_is_none(counter):
    found = paper_value(
        table="counting", cell="rbc", network="do-unet", counter=counter, images=13, metric="counting accuracy"
    )
    assert found is None


def test_a_figure_that_was_not_measured_is_none():
    assert released_value(table="counting", cell="rbc", counter="watershed", images=3, metric="F1") is None


def test_a_table_that_the_paper_does_not_have_is_a_usage_error():
    with pytest.raises(
        UsageError, match=r"unknown table of the paper: got 'III'; allowed: I, II, segmentation, counting"
    ):
        paper_value(table="III", cell="rbc", metric="dice")


def test_a_table_that_was_not_measured_is_a_usage_error():
    with pytest.raises(UsageError, match=r"released weights: got 'I'; allowed: segmentation, counting; name one"):
        released_value(table="I", cell="rbc", metric="train tiles")


@pytest.mark.parametrize("table", read_figures())
def test_no_figure_stands_twice(table):
    keys = [key_of(figure) for figure in read_figures()[table]]
    assert len(keys) == len(set(keys))


def test_counters_are_ours():
    named = {figure.counter for figures in read_figures().values() for figure in figures}
    assert named - {None} == set(PAPER_COUNTERS)


@pytest.mark.parametrize("table", ["table_ii", "segmentation", "released_segmentation"])
def test_metrics_of_segmentation_are_ours(table):
    ours = {field.name for field in fields(SegmentationScores)}
    assert {figure.metric for figure in read_figures()[table]} - {"loss"} <= ours


@pytest.mark.parametrize(
    ("table", "places"),
    [
        ("table_i", {"Table I"}),
        ("table_ii", {"Table II"}),
        ("segmentation", {"V.B.1", "V.B.2", "V.B.3"}),
        ("counting", {"V.A.1", "V.A.2", "V.A.3", "V.B.1", "V.B.2", "V.B.3"}),
        ("released_counting", {None}),
        ("released_segmentation", {None}),
    ],
)
def test_figures_of_the_paper_have_their_place_in_it(table, places):
    assert {figure.place for figure in read_figures()[table]} == places
