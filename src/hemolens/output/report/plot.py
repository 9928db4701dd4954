"""Values → plots: lists of lines, boxes, dots and words, which become SVG here and PDF in :mod:`.pdf_page`."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

WIDTH, HEIGHT = 460, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 16, 14, 48

INK, GREY, BLUE, ORANGE = "#222222", "#888888", "#0050a0", "#b3400a"
"""Axes and words; what is compared with; what was measured; what is said of it."""

FONT_SIZE = 12

Point = tuple[float, float]
"""x to the right and y down, in units of the drawing."""


@dataclass(frozen=True)
class Line:
    """A straight line; `dash` as in SVG, such as ``"6 4"``."""

    start: Point
    end: Point
    colour: str = INK
    dash: str = ""

    def svg(self) -> str:
        (x0, y0), (x1, y1) = self.start, self.end
        return (
            f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" stroke="{self.colour}" stroke-width="1.5"'
            f' stroke-dasharray="{self.dash}"/>'
        )


@dataclass(frozen=True)
class Stroke:
    """A thin line of the frame, through several points."""

    points: tuple[Point, ...]

    def svg(self) -> str:
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in self.points)
        return f'<polyline points="{points}" fill="none" stroke="{INK}"/>'


@dataclass(frozen=True)
class Rectangle:
    """A filled rectangle; `title` is shown when the pointer rests on it."""

    corner: Point
    width: float
    height: float
    colour: str
    opacity: float = 1.0
    title: str = ""

    def svg(self) -> str:
        x, y = self.corner
        size = f'width="{self.width:.1f}" height="{self.height:.1f}"'
        start = f'<rect x="{x:.1f}" y="{y:.1f}" {size} fill="{self.colour}" fill-opacity="{self.opacity}"'
        return f"{start}>{_title(self.title)}</rect>" if self.title else f"{start}/>"


@dataclass(frozen=True)
class Dot:
    """A filled circle; `title` is shown when the pointer rests on it."""

    centre: Point
    title: str

    RADIUS = 3.5
    OPACITY = 0.45

    def svg(self) -> str:
        x, y = self.centre
        return (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{self.RADIUS}" fill="{BLUE}" fill-opacity="{self.OPACITY}">'
            f"{_title(self.title)}</circle>"
        )


@dataclass(frozen=True)
class Words:
    """A line of text at a point of its base line; `upward` text runs from below to above."""

    place: Point
    text: str
    anchor: Literal["start", "middle", "end"] = "middle"
    upward: bool = False

    def svg(self) -> str:
        x, y = self.place
        turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if self.upward else ""
        font = f'font-family="system-ui, sans-serif" font-size="{FONT_SIZE}" fill="{INK}"'
        return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{self.anchor}"{turn} {font}>{_shown(self.text)}</text>'


Shape = Line | Stroke | Rectangle | Dot | Words


@dataclass(frozen=True)
class Plot:
    """A drawing on white."""

    shapes: tuple[Shape, ...]
    width: float = WIDTH
    height: float = HEIGHT

    def svg(self) -> str:
        """Give an ``<svg>`` element, on one line, so that Markdown takes it as one."""
        width, height, shapes = self.width, self.height, "".join(shape.svg() for shape in self.shapes)
        start = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" viewBox="0 0 {width} {height}">'
        return f'{start}<rect width="{width}" height="{height}" fill="#fff"/>{shapes}</svg>'


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
class Axes:
    """A frame with ticks; what is drawn in it is given in the units of the axes.

    With `whole` the axis upwards has ticks at whole numbers only.
    """

    xs: tuple[float, float]
    ys: tuple[float, float]
    x_name: str
    y_name: str
    width: float = WIDTH
    height: float = HEIGHT
    whole: bool = False

    def place(self, x: float, y: float) -> Point:
        """Give the place of a point in the drawing; a twentieth is left free on all sides."""
        across = 0.05 + 0.9 * (x - self.xs[0]) / (self.xs[1] - self.xs[0])
        up = 0.05 + 0.9 * (y - self.ys[0]) / (self.ys[1] - self.ys[0])
        return _LEFT + across * (self.width - _LEFT - _RIGHT), self.height - _BOTTOM - up * (
            self.height - _TOP - _BOTTOM
        )

    def line(self, start: Point, end: Point, colour: str, dash: str = "") -> Line:
        return Line(self.place(*start), self.place(*end), colour, dash)

    def slanted(self, slope: float, intercept: float, ends: tuple[float, float], dash: str) -> list[Line]:
        """Draw y = intercept + slope × x between two ends, where it lies inside the axes; nothing if it does not."""
        low, high = ends
        if slope:
            crossings = sorted((y - intercept) / slope for y in self.ys)
            low, high = max(low, crossings[0]), min(high, crossings[1])
        elif not self.ys[0] <= intercept <= self.ys[1]:
            return []
        start, end = (low, intercept + slope * low), (high, intercept + slope * high)
        return [self.line(start, end, ORANGE, dash)] if low < high else []

    def band(self, low: float, high: float) -> Rectangle:
        """Shade what lies between two heights."""
        (x0, y0), (x1, y1) = self.place(self.xs[0], high), self.place(self.xs[1], low)
        return Rectangle((x0, y0), x1 - x0, y1 - y0, ORANGE, 0.13)

    def bar(self, left: float, right: float, height: float, title: str) -> Rectangle:
        """Draw a bar that stands on the lower end of the axis."""
        (x0, y0), (x1, y1) = self.place(left, height), self.place(right, self.ys[0])
        return Rectangle((x0 + 0.5, y0), x1 - x0 - 1, y1 - y0, BLUE, 0.6, title)

    def dots(self, names: Sequence[str], xs: Sequence[float], ys: Sequence[float]) -> list[Dot]:
        return [Dot(self.place(x, y), f"{name}: {x:g}, {y:g}") for name, x, y in zip(names, xs, ys, strict=True)]

    def drawn(self, shapes: Sequence[Shape]) -> Plot:
        """Put everything together."""
        right, bottom = self.width - _RIGHT, self.height - _BOTTOM
        parts: list[Shape] = [Stroke(((_LEFT, _TOP), (_LEFT, bottom), (right, bottom)))]
        for value in ticks(*self.xs):
            x, _ = self.place(value, self.ys[0])
            parts += [Stroke(((x, bottom), (x, bottom + 5))), Words((x, bottom + 19), f"{value:g}")]
        for value in ticks(*self.ys):
            if self.whole and value % 1:
                continue
            _, y = self.place(self.xs[0], value)
            parts += [Stroke(((_LEFT, y), (_LEFT - 5, y))), Words((_LEFT - 9, y + 4), f"{value:g}", "end")]
        parts += [
            Words(((_LEFT + right) / 2, self.height - 10), self.x_name),
            Words((16, (_TOP + bottom) / 2), self.y_name, upward=True),
        ]
        return Plot((*parts, *shapes), self.width, self.height)


def _title(text: str) -> str:
    return f"<title>{_shown(text)}</title>"


def _shown(text: str) -> str:
    return html.escape("".join(char if char.isprintable() else "?" for char in text))
