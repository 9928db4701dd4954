import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hemolens.output.report.charts import fields_plot, shape_plot, size_plot
from hemolens.output.report.plot import ORANGE, Dot, Line, Rectangle


def bars(plot):
    return [shape for shape in plot.shapes if isinstance(shape, Rectangle) and shape.title]


@given(st.lists(st.floats(0.5, 500), min_size=1, max_size=300))
def test_every_cell_is_in_one_bar(diameters):
    assert sum(int(bar.title.rpartition(" ")[2]) for bar in bars(size_plot(diameters, "px", "rbc"))) == len(diameters)


@given(st.lists(st.floats(0.5, 500), min_size=1, max_size=300))
def test_everything_lies_in_the_drawing(diameters):
    plot = size_plot(diameters, "px", "rbc")
    for bar in bars(plot):
        assert 0 < bar.corner[0] < bar.corner[0] + bar.width < plot.width
        assert 0 < bar.corner[1] < plot.height
    assert "nan" not in plot.svg()


def test_the_mean_is_between_one_deviation_to_both_sides():
    lines = [s for s in size_plot(np.linspace(6, 8, 50), "µm", "rbc").shapes if isinstance(s, Line)]
    assert [line.dash for line in lines] == ["6 4", "", "6 4"]
    low, mean, high = (line.start[0] for line in lines)
    assert mean == pytest.approx((low + high) / 2)


def test_the_unit_is_at_the_axis():
    assert "diameter, µm" in size_plot([7.0, 7.5], "µm", "rbc").svg()


def test_each_field_is_a_dot_with_its_interval():
    plot = fields_plot(["a", "b", "c"], [100, 80, 0], [1, 1, 1], "rbc")
    dots, lines = ([s for s in plot.shapes if isinstance(s, kind)] for kind in (Dot, Line))
    assert [dot.title for dot in dots] == ["a: 1, 100", "b: 2, 80", "c: 3, 0"]
    spans = [line for line in lines if line.colour != ORANGE]
    assert all(span.end[1] <= dot.centre[1] <= span.start[1] for dot, span in zip(dots, spans, strict=True))


def test_fields_without_any_cell_can_be_plotted():
    assert "nan" not in fields_plot(["a", "b"], [0, 0], [1, 1], "wbc").svg()


def test_a_very_wide_interval_does_not_flatten_the_dots():
    plot = fields_plot(["a", "b"], [100, 1], [1, 1], "wbc")
    (top, bottom) = (dot.centre[1] for dot in plot.shapes if isinstance(dot, Dot))
    assert bottom - top > plot.height / 4


@given(st.lists(st.floats(0, 3), min_size=1, max_size=300))
def test_every_red_cell_is_in_one_bar(values):
    assert sum(int(bar.title.rpartition(" ")[2]) for bar in bars(shape_plot(values, "elongation", []))) == len(values)


def test_limits_among_the_values_are_marked():
    lines = [s for s in shape_plot(np.linspace(0.7, 1.1, 50), "diameter", [0.8, 1.2]).shapes if isinstance(s, Line)]
    assert [(line.colour, line.dash) for line in lines] == [(ORANGE, "6 4")]
