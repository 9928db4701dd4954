import io

import pytest
from rich.console import Console

from hemolens.output.report.terminal import counts_table, differential_lines, red_cell_lines, summary_lines, truth_table
from hemolens.statistics.counts import Counts, FrameCounts
from hemolens.statistics.differential import join_differentials
from hemolens.statistics.red_cells import RedCells
from hemolens.statistics.summary import CountedField, summarise


def shown(table, width=80):
    console = Console(file=io.StringIO(), width=width)
    console.print(table)
    return [line.split() for line in console.file.getvalue().splitlines() if line.strip(" ─╶╴━-")]


def test_one_photograph_has_no_total():
    assert shown(counts_table([("a.jpg", Counts(105, 1, 3), "warn")])) == [
        ["image", "red", "cells", "white", "cells", "platelets", "quality"],
        ["a.jpg", "105", "1", "3", "warn"],
    ]


def test_several_photographs_have_a_total_of_those_that_were_counted():
    lines = shown(
        counts_table([("a", Counts(1, 2, 3), "accept"), ("b", None, None), ("c", Counts(10, 0, 0), "reject")])
    )
    assert lines[1:] == [
        ["a", "1", "2", "3", "accept"],
        ["b", "–", "–", "–", "–"],
        ["c", "10", "0", "0", "reject"],
        ["total", "of", "2", "11", "2", "3"],
    ]


def test_a_name_is_not_read_as_markup():
    assert shown(counts_table([("[red]a[/red].jpg", Counts(0, 0, 0), "accept")]))[1][0] == "[red]a[/red].jpg"


def test_a_long_name_is_folded_not_cut():
    lines = shown(counts_table([("x" * 70, Counts(0, 0, 0), "accept")]), width=60)
    assert "".join(line[0] for line in lines[1:]) == "x" * 70


@pytest.mark.parametrize("rows", [[], [("a", None, None)]])
def test_nothing_counted_is_no_error(rows):
    shown(counts_table(rows))


def test_truth_stands_beside_the_counts():
    lines = shown(truth_table(Counts(80, 2, 6), Counts(79, 2, 7)))
    assert lines[1:] == [["truth", "80", "2", "6"], ["counted", "79", "2", "7"]]


@pytest.mark.parametrize(
    ("verdicts", "last"),
    [
        (["accept", "reject"], "Left out of the means: 1 rejected photograph"),
        (["reject", "reject"], "No means: every counted photograph was rejected (2)"),
    ],
)
def test_what_the_means_leave_out_is_said(verdicts, last):
    counts = Counts(100, 1, 5)
    fields = [CountedField(counts, FrameCounts(counts, 1000), None, True, {}, verdict) for verdict in verdicts]
    assert summary_lines(summarise(fields))[-1] == last


def test_a_differential_says_what_is_counted_and_what_is_missing():
    lines = differential_lines(
        join_differentials([{"neutrophil": 60, "lymphocyte": 30, "erythroblast": 9, "other": 1}])
    )
    assert lines == [
        "Differential of 90 leukocytes, 95 % interval: neutrophil 66.7 (55.9–76.3) %; lymphocyte 33.3 (23.7–44.1) %",
        "Not among the leukocytes: 9 erythroblast, 1 other, 0 unsure; 10.0 erythroblasts for 100 leukocytes, white "
        "cells without them: 91",
        "Leukocytes that are needed: 10 more for 100, 110 more for 200",
    ]


def test_a_differential_that_nobody_asked_for_is_not_told():
    assert differential_lines(None) == red_cell_lines(None) == []


def test_a_differential_of_unnamed_cells_warns():
    assert differential_lines(join_differentials([{"unsure": 3}]))[-1].startswith("Warning: 3 of 3 white cells fit no")


def test_of_few_red_cells_no_shape_is_told():
    assert red_cell_lines(RedCells(())) == ["Shape of 0 whole red cells that touch no other: too few to tell"]
