import math
import subprocess
from dataclasses import replace

import pytest

import hemolens
from hemolens.evaluation.matching import Detection
from hemolens.evaluation.segmentation import SegmentationScores
from hemolens.paper.measure import Counted, Drawn, Measured
from hemolens.paper.records import code_version, counting_figures, make_records, segmentation_figures
from hemolens.paper.systems import System
from hemolens.paper.tiles import TileCount


def system(**changes):
    values = {"cell": "wbc", "network": "unet", "protocol": "paper", "configs": ["wbc"]}
    return System.model_validate(values | changes)


def counted(photograph, truth, count, counter="watershed", detection=None, **changes):
    return Counted(system(**changes), counter, photograph, truth, count, detection)


def drawn(photograph, value, seed=1, output="mask", **changes):
    return Drawn(system(**changes), seed, output, photograph, SegmentationScores(*[value] * 6))


def records(*rows, tiles=()):
    measured = Measured(
        [row for row in rows if isinstance(row, Counted)], [row for row in rows if isinstance(row, Drawn)]
    )
    return make_records(measured, tiles, "abc")


def test_counting_figures_are_those_of_the_counts():
    figures = counting_figures([counted("a", 10, 9), counted("b", 20, 22)])
    assert figures["counting accuracy"].value == pytest.approx(0.9)
    assert figures["mean absolute error"].value == pytest.approx(1.5)
    assert figures["bias"].value == pytest.approx(1 / 30)
    assert set(figures) == {"counting accuracy", "mean absolute error", "bias"}


def test_boxes_add_precision_recall_and_f1():
    figures = counting_figures([counted("a", 10, 9, detection=Detection(8, 1, 2))])
    assert figures["precision"].value == pytest.approx(8 / 9)
    assert figures["recall"].value == pytest.approx(0.8)
    assert figures["F1"].value == pytest.approx(16 / 19)


def test_one_photograph_has_no_interval():
    assert math.isnan(counting_figures([counted("a", 10, 9)])["counting accuracy"].low)


def test_an_interval_lies_around_its_value():
    figure = counting_figures([counted(str(n), 10, 5 + n) for n in range(6)])["bias"]
    assert figure.low < figure.value < figure.high


def test_segmentation_figures_are_means_over_photographs():
    assert segmentation_figures([drawn("a", 0.2), drawn("b", 0.4)])["dice"].value == pytest.approx(0.3)


def test_the_thirteen_are_counted_apart_from_all():
    rows = records(counted("Im004_1", 10, 10), counted("Im002_1", 10, 5))
    accuracy = {row.images: (row.n_images, row.value) for row in rows if row.metric == "counting accuracy"}
    assert accuracy == {"13": (1, 1.0), "all": (2, 0.75)}


def test_the_papers_figure_stands_beside_ours():
    rows = records(counted("Im004_1", 10, 10), counted("Im002_1", 10, 5))
    assert {row.images: row.paper_value for row in rows if row.metric == "counting accuracy"} == {
        "13": 0.9794,
        "all": 0.9564,
    }


def test_a_figure_that_the_paper_lacks_is_none():
    (row, *_) = records(counted("Im004_1", 10, 10, counter="circle-hough"))
    assert row.paper_value is None


def test_red_cells_have_no_other_photographs_than_the_thirteen():
    rows = records(counted("Im004_1", 10, 10, cell="rbc", network="do-unet", configs=["rbc-honest"]))
    assert {row.images for row in rows} == {"13"}


def test_table_ii_keeps_seeds_apart():
    phases = {"cell": "rbc", "network": "do-unet-b", "table": "phases", "configs": ["rbc-b"]}
    rows = records(drawn("a", 0.5, seed=1, **phases), drawn("a", 0.7, seed=2, **phases))
    dice = [(row.seed, row.value, row.paper_value) for row in rows if row.metric == "dice"]
    assert dice == [(1, 0.5, 0.9528), (2, 0.7, 0.9528)]
    assert {row.table for row in rows} == {"II"}


def test_segmentation_is_a_table_of_its_own():
    assert {(row.table, row.network, row.output) for row in records(drawn("a", 0.5))} == {
        ("segmentation", "unet", "mask")
    }


def test_tiles_are_records_beside_the_papers():
    rows = records(tiles=[TileCount("plt", "test", 30, 14410)])
    assert [(row.metric, row.value, row.paper_value) for row in rows] == [
        ("test images", 30, 31),
        ("test tiles", 14410, 14410),
    ]


def test_every_record_names_the_commit():
    assert {row.commit for row in records(drawn("a", 0.5), counted("a", 1, 1))} == {"abc"}


def test_without_a_checkout_the_version_stands_for_the_commit(monkeypatch):
    def no_git(*_, **__):
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "run", no_git)
    assert code_version() == hemolens.__version__


def test_ways_to_join_are_a_table_of_their_own():
    plain = counted("Im037_0", 10, 9)
    made = records(plain, replace(plain, join="product", count=5))
    assert {each.table for each in made} == {"counting", "joins"}
    (accuracy,) = [each for each in made if each.table == "joins" and each.metric == "counting accuracy"]
    assert (accuracy.output, accuracy.value) == ("product", 0.5)
