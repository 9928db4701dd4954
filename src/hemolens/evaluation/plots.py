"""Counts of photographs → plots, as SVG text."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hemolens.evaluation.agreement import BlandAltman
from hemolens.evaluation.passing_bablok import PassingBablok
from hemolens.output.report.plot import GREY, ORANGE, Axes, Line, Shape


def scatter_plot(names: Sequence[str], true_counts: Sequence[int], counts: Sequence[int]) -> str:
    """Plot counts against true counts, one dot a photograph, with the line on which both are equal.

    Parameters
    ----------
    names : sequence of str
        Of the photographs; shown when the pointer rests on a dot.
    true_counts, counts : sequence of int
        Of the same length, at least one.

    Returns
    -------
    str
        An ``<svg>`` element of the size of :class:`~hemolens.output.report.plot.Plot`.

    """
    highest = max(1, *true_counts, *counts)
    axes = Axes((0, highest), (0, highest), "true count", "count")
    return axes.drawn([axes.line((0, 0), (highest, highest), GREY), *axes.dots(names, true_counts, counts)]).svg()


def regression_plot(
    names: Sequence[str], reference: Sequence[int], counts: Sequence[int], fitted: PassingBablok
) -> str:
    """Plot counts against reference counts, with the fitted line and the line on which both are equal.

    Parameters
    ----------
    names : sequence of str
        Of the photographs.
    reference, counts : sequence of int
        Of the same length, at least one.
    fitted : PassingBablok
        Its line is drawn where there is one; dashed, the lines at both ends of its intervals.

    """
    highest = max(1, *reference, *counts)
    axes = Axes((0, highest), (0, highest), "reference count", "count")
    shapes: list[Line] = [axes.line((0, 0), (highest, highest), GREY)]
    (slope, flattest, steepest), (intercept, lowest, greatest) = fitted.slope, fitted.intercept
    for each_slope, each_intercept, dash in (
        (slope, intercept, ""), (flattest, greatest, "6 4"), (steepest, lowest, "6 4")
    ):  # fmt: skip
        if not math.isnan(each_slope):
            shapes += axes.slanted(each_slope, each_intercept, (min(reference), max(reference)), dash)
    return axes.drawn([*shapes, *axes.dots(names, reference, counts)]).svg()


def bland_altman_plot(
    names: Sequence[str],
    true_counts: Sequence[int],
    counts: Sequence[int],
    agreement: BlandAltman,
    truth_name: str = "true count",
) -> str:
    """Plot the differences count − truth against the means of both, with mean difference and limits of agreement.

    Parameters
    ----------
    names, true_counts, counts
        As in :func:`scatter_plot`.
    agreement : BlandAltman
        Its lines are drawn where they are numbers; its intervals are the shaded bands.
    truth_name : str, optional
        What the axes call the counts that are compared with.

    """
    means = [(truth + count) / 2 for truth, count in zip(true_counts, counts, strict=True)]
    differences = [count - truth for truth, count in zip(true_counts, counts, strict=True)]
    figures = [
        f for f in (agreement.lower_limit, agreement.mean_difference, agreement.upper_limit) if not math.isnan(f.value)
    ]
    bounds = [bound for figure in figures for bound in figure if not math.isnan(bound)]
    xs, ys = (
        (min(means), max(*means, min(means) + 1)),
        (min(0, *differences, *bounds), max(1, *differences, *bounds)),
    )
    axes = Axes(xs, ys, f"mean of count and {truth_name}", f"count − {truth_name}")
    shapes: list[Shape] = [axes.band(figure.low, figure.high) for figure in figures if not math.isnan(figure.low)]
    shapes.append(axes.line((xs[0], 0), (xs[1], 0), GREY))
    for figure in figures:
        dash = "" if figure is agreement.mean_difference else "6 4"
        shapes.append(axes.line((xs[0], figure.value), (xs[1], figure.value), ORANGE, dash))
    return axes.drawn([*shapes, *axes.dots(names, means, differences)]).svg()
