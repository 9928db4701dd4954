import pytest

from hemolens.evaluation.passing_bablok import passing_bablok
from hemolens.evaluation.record import by_metric
from hemolens.evaluation.study.records import make_records, missing_figures


def test_every_figure_of_every_type_is_there(six):
    records = make_records(six)
    metrics = [(record.table, record.metric) for record in records if record.cell == "rbc"]
    assert metrics == [(record.table, record.metric) for record in records if record.cell == "plt"]
    assert len(metrics) == 13


def test_figures_are_of_the_photographs_of_their_type(six):
    assert {record.cell: record.n_images for record in make_records(six)} == {"rbc": 6, "plt": 2}


def test_the_reference_is_what_the_counts_are_held_against(six):
    records = make_records(six)
    assert by_metric(records, "counts", "rbc")["bias"].value == pytest.approx(221 / 210 - 1, abs=1e-5)
    line = passing_bablok([10, 20, 30, 40, 50, 60], [12, 19, 33, 41, 55, 61])
    assert by_metric(records, "passing-bablok", "rbc")["slope"].value == pytest.approx(line.slope.value, abs=1e-5)


def test_what_two_photographs_do_not_give_is_named(six):
    missing = missing_figures(make_records(six), "plt")
    assert {"correlation", "concordance", "proportional bias", "slope", "intercept", "linearity p"} == set(missing)


def test_one_photograph_without_cells_gives_next_to_nothing(study):
    records = make_records(study(["a.jpg,9,9,0,1,2,"], ["a.jpg,0"]))
    values = {record.metric: record.value for record in records if record.value is not None}
    assert values == {"reference cells": 0, "counted cells": 0, "mean difference": 0}
