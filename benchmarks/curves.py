"""What something costs against what it depends on: a curve, as an SVG file."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from hemolens.output.report.plot import BLUE, Axes


def write_curve(path: Path, points: Sequence[tuple[float, float]], x_name: str, y_name: str) -> str:
    """Draw points and the lines between them; both axes begin at 0. The line of Markdown that shows the picture."""
    xs, ys = zip(*points, strict=True)
    axes = Axes((0, max(xs)), (0, max(ys)), x_name, y_name)
    lines = [axes.line(start, end, BLUE) for start, end in pairwise(points)]
    path.write_text(axes.drawn([*lines, *axes.dots([x_name] * len(xs), xs, ys)]).svg() + "\n", encoding="utf-8")
    return f"![{y_name} against {x_name}]({path.name})"
