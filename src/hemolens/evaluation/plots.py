"""Counts of photographs → plots, as SVG text."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

from hemolens.evaluation.agreement import BlandAltman
from hemolens.evaluation.passing_bablok import PassingBablok

WIDTH, HEIGHT = 460, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 16, 14, 48
_FONT = 'font-family="system-ui, sans-serif" font-size="12" fill="#222"'


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
        An ``<svg>`` element of :data:`WIDTH` × :data:`HEIGHT`.

    """
    highest = max(1, *true_counts, *counts)
    axes = _Axes((0, highest), (0, highest), "true count", "count")
    return axes.drawn([axes.line((0, 0), (highest, highest), "#888"), *axes.dots(names, true_counts, counts)])


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
    axes = _Axes((0, highest), (0, highest), "reference count", "count")
    shapes = [axes.line((0, 0), (highest, highest), "#888")]
    (slope, flattest, steepest), (intercept, lowest, greatest) = fitted.slope, fitted.intercept
    for each_slope, each_intercept, dash in (
        (slope, intercept, ""), (flattest, greatest, "6 4"), (steepest, lowest, "6 4")
    ):  # fmt: skip
        if not math.isnan(each_slope):
            shapes += axes.slanted(each_slope, each_intercept, (min(reference), max(reference)), dash)
    return axes.drawn([*shapes, *axes.dots(names, reference, counts)])


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
    axes = _Axes(xs, ys, f"mean of count and {truth_name}", f"count − {truth_name}")
    shapes = [axes.band(figure.low, figure.high) for figure in figures if not math.isnan(figure.low)]
    shapes.append(axes.line((xs[0], 0), (xs[1], 0), "#888"))
    for figure in figures:
        dash = "" if figure is agreement.mean_difference else "6 4"
        shapes.append(axes.line((xs[0], figure.value), (xs[1], figure.value), "#b3400a", dash))
    return axes.drawn([*shapes, *axes.dots(names, means, differences)])


def ticks(low: float, high: float, n_most: int = 6) -> list[float]:
    """Round numbers between two others: multiples of 1, 2 or 5 times a power of ten.

    Examples
    --------
    >>> ticks(0, 105)
    [0, 20, 40, 60, 80, 100]
    >>> ticks(-3, 4.2)
    [-2, 0, 2, 4]

    """
    power = 10.0 ** math.floor(math.log10((high - low) / n_most))
    step = next(step for step in (power, 2 * power, 5 * power, 10 * power) if (high - low) / step <= n_most)
    values = [n * step for n in range(math.ceil(low / step), math.floor(high / step) + 1)]
    return [round(value) if step >= 1 else round(value, 6) for value in values]


@dataclass(frozen=True)
class _Axes:
    """A frame with ticks; what is drawn in it is given in the units of the axes."""

    xs: tuple[float, float]
    ys: tuple[float, float]
    x_name: str
    y_name: str

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Give the place of a point in the drawing; a twentieth is left free on all sides."""
        across = 0.05 + 0.9 * (x - self.xs[0]) / (self.xs[1] - self.xs[0])
        up = 0.05 + 0.9 * (y - self.ys[0]) / (self.ys[1] - self.ys[0])
        return _LEFT + across * (WIDTH - _LEFT - _RIGHT), HEIGHT - _BOTTOM - up * (HEIGHT - _TOP - _BOTTOM)

    def line(self, start: tuple[float, float], end: tuple[float, float], colour: str, dash: str = "") -> str:
        (x0, y0), (x1, y1) = self.place(*start), self.place(*end)
        return (
            f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" stroke="{colour}" stroke-width="1.5"'
            f' stroke-dasharray="{dash}"/>'
        )

    def slanted(self, slope: float, intercept: float, ends: tuple[float, float], dash: str) -> list[str]:
        """Draw y = intercept + slope × x between two ends, where it lies inside the axes; nothing if it does not."""
        low, high = ends
        if slope:
            crossings = sorted((y - intercept) / slope for y in self.ys)
            low, high = max(low, crossings[0]), min(high, crossings[1])
        elif not self.ys[0] <= intercept <= self.ys[1]:
            return []
        start, end = (low, intercept + slope * low), (high, intercept + slope * high)
        return [self.line(start, end, "#b3400a", dash)] if low < high else []

    def band(self, low: float, high: float) -> str:
        (x0, y0), (x1, y1) = self.place(self.xs[0], high), self.place(self.xs[1], low)
        size = f'width="{x1 - x0:.1f}" height="{y1 - y0:.1f}"'
        return f'<rect x="{x0:.1f}" y="{y0:.1f}" {size} fill="#b3400a" fill-opacity="0.13"/>'

    def dots(self, names: Sequence[str], xs: Sequence[float], ys: Sequence[float]) -> list[str]:
        dots = []
        for name, x, y in zip(names, xs, ys, strict=True):
            left, top = self.place(x, y)
            shown = html.escape("".join(char if char.isprintable() else "?" for char in name))
            dots.append(
                f'<circle cx="{left:.1f}" cy="{top:.1f}" r="3.5" fill="#0050a0" fill-opacity="0.45">'
                f"<title>{shown}: {x:g}, {y:g}</title></circle>"
            )
        return dots

    def drawn(self, shapes: Sequence[str]) -> str:
        """Put everything together, on one line, so that Markdown takes it as one."""
        right, bottom = WIDTH - _RIGHT, HEIGHT - _BOTTOM
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" viewBox="0 0 {WIDTH} {HEIGHT}">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            f'<path d="M{_LEFT} {_TOP}V{bottom}H{right}" fill="none" stroke="#222"/>',
        ]
        for value in ticks(*self.xs):
            x, _ = self.place(value, self.ys[0])
            parts.append(f'<path d="M{x:.1f} {bottom}v5" stroke="#222"/>')
            parts.append(f'<text x="{x:.1f}" y="{bottom + 19}" text-anchor="middle" {_FONT}>{value:g}</text>')
        for value in ticks(*self.ys):
            _, y = self.place(self.xs[0], value)
            parts.append(f'<path d="M{_LEFT} {y:.1f}h-5" stroke="#222"/>')
            parts.append(f'<text x="{_LEFT - 9}" y="{y + 4:.1f}" text-anchor="end" {_FONT}>{value:g}</text>')
        middle = (_TOP + bottom) / 2
        parts += [
            f'<text x="{(_LEFT + right) / 2}" y="{HEIGHT - 10}" text-anchor="middle" {_FONT}>{self.x_name}</text>',
            f'<text x="16" y="{middle}" text-anchor="middle" transform="rotate(-90 16 {middle})" {_FONT}>'
            f"{self.y_name}</text>",
            *shapes,
            "</svg>",
        ]
        return "".join(parts)
