import re
import xml.etree.ElementTree as ET

import pytest

from hemolens.evaluation.agreement import bland_altman
from hemolens.evaluation.passing_bablok import passing_bablok
from hemolens.evaluation.plots import bland_altman_plot, regression_plot, scatter_plot
from hemolens.output.report.plot import HEIGHT, WIDTH

NAMES, TRUTHS, COUNTS = ["a.png", "b.png", "c.png"], [10, 20, 300], [12, 0, 290]


def plots(names=NAMES, truths=TRUTHS, counts=COUNTS):
    return [
        scatter_plot(names, truths, counts),
        bland_altman_plot(names, truths, counts, bland_altman(truths, counts)),
        regression_plot(names, truths, counts, passing_bablok(truths, counts)),
    ]


def elements(svg, tag):
    root = ET.fromstring(svg)  # noqa: S314 - our own text
    return [each for each in root.iter() if each.tag.endswith("}" + tag)]


@pytest.mark.parametrize("plot", [0, 1, 2])
def test_each_photograph_is_a_dot_with_its_name(plot):
    titles = [each.text for each in elements(plots()[plot], "title")]
    assert [title.partition(":")[0] for title in titles] == NAMES


@pytest.mark.parametrize("plot", [0, 1, 2])
def test_everything_lies_in_the_drawing(plot):
    for circle in elements(plots()[plot], "circle"):
        assert 0 < float(circle.get("cx")) < WIDTH
        assert 0 < float(circle.get("cy")) < HEIGHT


def test_exact_counts_lie_on_the_line():
    svg = scatter_plot(["a"], [50], [50])
    (line,), (dot,) = elements(svg, "line"), elements(svg, "circle")
    assert (dot.get("cx"), dot.get("cy")) == (line.get("x2"), line.get("y2"))


def test_the_three_lines_of_agreement_and_their_bands():
    _, svg, _ = plots()
    assert len(elements(svg, "line")) == 1 + 3
    assert len(elements(svg, "rect")) == 1 + 3


@pytest.mark.parametrize("plot", [0, 1, 2])
@pytest.mark.parametrize("counts", [[0], [7]])
def test_one_photograph_can_be_plotted(plot, counts):
    svg = plots(["a"], [0], counts)[plot]
    assert len(elements(svg, "circle")) == 1
    assert "nan" not in svg


@pytest.mark.parametrize("plot", [0, 1, 2])
def test_a_name_cannot_break_the_drawing(plot):
    name = '<a>&\x00".png'
    (title,) = elements(plots([name], [1], [1])[plot], "title")
    assert title.text.startswith('<a>&?".png:')


@pytest.mark.parametrize("plot", [0, 1, 2])
def test_a_plot_is_one_line_of_text(plot):
    assert not re.search(r"\n", plots()[plot])


def test_the_fitted_line_has_the_lines_of_its_intervals_beside_it():
    truths, counts = [10, 20, 30, 40, 50, 60], [12, 19, 33, 41, 55, 61]
    svg = regression_plot([*"abcdef"], truths, counts, passing_bablok(truths, counts))
    assert [line.get("stroke-dasharray") for line in elements(svg, "line")] == ["", "", "6 4", "6 4"]


@pytest.mark.parametrize("counts", [[9000, 1, 2, 3, 400, 5], [5, 5, 5, 5, 5, 6], [6, 5, 4, 3, 2, 2]])
def test_lines_do_not_leave_the_drawing(counts):
    truths = [1, 2, 3, 4, 5, 6]
    for line in elements(regression_plot([*"abcdef"], truths, counts, passing_bablok(truths, counts)), "line"):
        assert all(0 <= float(line.get(name)) <= WIDTH for name in ("x1", "x2"))
        assert all(0 <= float(line.get(name)) <= HEIGHT for name in ("y1", "y2"))
