"""The plots of the report: how wide cells are, how red cells are shaped, and how many cells each field holds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hemolens.cell_types import CELL_NAMES, CellType
from hemolens.output.report.plot import BLUE, GREY, ORANGE, Axes, Line, Plot, Shape, ticks
from hemolens.statistics.uncertainty import mean_per_field, poisson_interval

FEWEST_CELLS = 10
"""The widths of fewer cells are not plotted."""

_NARROWEST = 1e-3
"""Values of shape that are all the same have bars around them that reach so far together."""

_SIZE = {"width": 290.0, "height": 220.0}


def size_plot(diameters: ArrayLike, unit: str, kind: CellType) -> Plot:
    """Plot how many cells have which diameter.

    Parameters
    ----------
    diameters : array_like of float
        At least one, positive.
    unit : str
        ``"µm"`` or ``"px"``.
    kind : {"rbc", "wbc", "plt"}

    Returns
    -------
    Plot
        Bars of round widths; orange, the mean (solid) and one standard deviation to both sides (dashed).

    """
    values = np.asarray(diameters, np.float64)
    axes, shapes = _histogram(values, "diameter", unit, kind, at_least=0.1 * float(values.max()))
    mean, deviation = float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else 0.0
    shapes += _uprights(axes, {mean - deviation: "6 4", mean: "", mean + deviation: "6 4"})
    return axes.drawn(shapes)


def shape_plot(values: ArrayLike, measure: str, limits: Iterable[float]) -> Plot:
    """Plot how many red cells have which value of a measure of their shape.

    Parameters
    ----------
    values : array_like of float
        At least one, 0 or more.
    measure : str
        What it is called.
    limits : iterable of float
        Where features begin.

    Returns
    -------
    Plot
        Bars of round widths; orange and dashed, the limits that lie among them.

    """
    axes, shapes = _histogram(np.asarray(values, np.float64), measure, "", "rbc", at_least=_NARROWEST)
    return axes.drawn([*shapes, *_uprights(axes, dict.fromkeys(limits, "6 4"))])


def _histogram(
    values: NDArray[np.float64], name: str, unit: str, kind: CellType, at_least: float
) -> tuple[Axes, list[Shape]]:
    """Draw bars of round widths, each value in one of them; together they are at least so wide."""
    low, high = float(values.min()), float(values.max())
    reach = max(high - low, at_least)
    step = _spacing(low, low + reach, n_most=round(min(max(2 * len(values) ** 0.5, 6), 24)))
    first, last = math.floor(low / step), math.floor((low + reach) / step) + 1
    edges = np.arange(first, last + 1) * step
    numbers, _ = np.histogram(values, edges)
    xs, ys = (float(edges[0]), float(edges[-1])), (0.0, float(numbers.max()))
    axes = Axes(xs, ys, f"{name}, {unit}" if unit else name, CELL_NAMES[kind], **_SIZE, whole=True)
    bars: list[Shape] = [
        axes.bar(left, left + step, n, f"{left:.3g} to {left + step:.3g} {unit}".rstrip() + f": {n}")
        for left, n in zip(edges[:-1].tolist(), numbers.tolist(), strict=True)
        if n
    ]
    return axes, bars


def _uprights(axes: Axes, dashes: Mapping[float, str]) -> list[Line]:
    """Draw an upright line at each of some places that lies between the ends of the axis."""
    low, high = axes.xs
    return [
        axes.line((place, 0), (place, axes.ys[1]), ORANGE, dash)
        for place, dash in dashes.items()
        if low <= place <= high
    ]


def _spacing(low: float, high: float, n_most: int) -> float:
    """Give a round width that fits so many times at most between two numbers, and twice at least."""
    first, second, *_ = ticks(low, high, n_most)
    return second - first


def fields_plot(names: Sequence[str], counts: Sequence[int], areas: Sequence[float], kind: CellType) -> Plot:
    """Plot how many cells each field holds, so that one sees whether the fields of a smear are alike.

    Parameters
    ----------
    names : sequence of str
        Of the photographs, in their order.
    counts : sequence of int
        Cells by the counting frame; at least two.
    areas : sequence of float
        Counted areas, all in one unit.
    kind : {"rbc", "wbc", "plt"}

    Returns
    -------
    Plot
        Dots with what chance alone allows (95 % Poisson intervals), and orange the mean of all fields with its 95 %
        interval.

    """
    mean = mean_per_field(counts, areas)
    spans = [poisson_interval(count) for count in counts]
    highest = max(1.0, *(span.high for span in spans), min(mean.high, 2 * max(counts)))
    numbers = range(1, len(counts) + 1)
    axes = Axes((0.5, len(counts) + 0.5), (0, highest), "photograph", CELL_NAMES[kind], **_SIZE, whole=True)
    shapes: list[Shape] = [axes.band(mean.low, min(mean.high, highest))]
    shapes.append(axes.line((0.5, mean.value), (len(counts) + 0.5, mean.value), ORANGE))
    shapes += [
        Line(axes.place(number, span.low), axes.place(number, span.high), GREY if len(counts) > 60 else BLUE)
        for number, span in zip(numbers, spans, strict=True)
    ]
    return axes.drawn([*shapes, *axes.dots(names, numbers, counts)])
