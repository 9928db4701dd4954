"""Whether a photograph is fit to be counted: accept, warn or reject, with the reason in words.

The photograph is looked at once more after counting, so reduced that a red cell is 32 px wide: every measure is a ratio
or in red-cell diameters, and the same photograph taken larger gives the same. The counted cells say where stain and
background are; what is stained like a red cell and lies under no cell was missed.

==============  ====================================================================================================
scale           was the red-cell diameter found, and are the counted red cells of that size
colours         could the stain of the red cells be measured
cells           are there red cells at all, and more of them than white cells
focus           how wide the edge of a cell is
exposure        how bright the background is
clipping        how much is black or white without detail
stain           how much darker the cells are than the background
grain           how much neighbouring pixels differ, against that
crowding        how much of the frame cells cover, and how densely the red cells lie
missed          how much stained area lies under no counted cell
swapped         are there white cells that are no darker than red cells
grey            is there any colour
channels        are nuclei bluer than red cells, or are red and blue interchanged
negative        are the cells brighter than the background
specks          how densely dark specks lie that are too small for platelets
lines           do straight lines cross the photograph
unlike          colours, contrast and texture far from those of the training photographs (``quality.toml``)
==============  ====================================================================================================

Where red cells were counted without being located, what rests on them cannot be checked, and the verdict says so.

A photograph is rejected where counts of photographs like it went wrong, and not because it is ugly: the limits were
chosen by counting degraded photographs. ``benchmarks/quality-gate.md`` has what they do on others.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CellType
from hemolens.cells.cell import Cell
from hemolens.images.polygon import Ring, draw_polygon
from hemolens.measurements.artefacts import SHORTEST_LINE, measure_artefacts
from hemolens.measurements.colours import MeasuredColours, absorbance, measure_colours
from hemolens.measurements.negative import is_negative
from hemolens.measurements.scale import RedCellDiameter

Verdict = Literal["accept", "warn", "reject"]
"""Fit to be counted; look before you believe the counts; do not use the counts."""

_Floats = NDArray[np.float32]
_Mask = NDArray[np.bool_]
_GREEN, _BLUE = 1, 2
_VIEW_DIAMETER_PX = 32.0
_VIEW_AREA_PX = 300_000  # of a larger view the middle is looked at: it holds some 250 red cells
_FEWEST_CELLS = 3  # with fewer, cells and background are told apart by brightness alone
_CELL_SIZES = (0.6, 1.5)  # of counted red cells, in red-cell diameters; outside, the scale or the cells are wrong
_WIDEST_EDGE = 1.0
_BLACK, _WHITE = 3, 254
_DARKER_THAN_RED = (
    1.25  # the darker fifth of a white cell, its nucleus, takes up so many times as much light as a red cell
)
_NUCLEUS = 2.0  # a nucleus takes up so many times as much green light as a red cell
_FEWEST_NUCLEUS_PX = 30
_LEAST_CONTRAST = 0.01  # absorbance; keeps ratios finite where there is nothing


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a photograph.

    Attributes
    ----------
    check : str
        Which check found it, such as ``"focus"``.
    verdict : {"warn", "reject"}
    words : str
        What is wrong, in one line.

    """

    check: str
    verdict: Verdict
    words: str


@dataclass(frozen=True)
class Quality:
    """Whether a photograph is fit to be counted.

    Attributes
    ----------
    findings : tuple of Finding
        What is wrong, in the order of the checks; empty when all is well.
    measures : dict of str to float
        Every measure that could be taken, in the units of :func:`measure_photograph`.

    """

    findings: tuple[Finding, ...]
    measures: dict[str, float]

    @property
    def verdict(self) -> Verdict:
        """The worst of the findings.

        >>> Quality((), {}).verdict
        'accept'
        """
        verdicts = {finding.verdict for finding in self.findings}
        return "reject" if "reject" in verdicts else "warn" if verdicts else "accept"

    @property
    def colours_are_natural(self) -> bool:
        """Whether the colours are those of light through a smear; for others no model's error was measured.

        >>> Quality((Finding("grey", "warn", "without colour"),), {}).colours_are_natural
        False
        """
        return not {finding.check for finding in self.findings} & {"grey", "channels", "negative"}

    @property
    def reason(self) -> str:
        """All findings in one line; empty when all is well."""
        return "; ".join(finding.words for finding in self.findings)


class _Limit(NamedTuple):
    """From where on a measure is a fault; infinite where it never is a reason to reject.

    Above, where the limit to reject is the higher one; else below.
    """

    check: str
    measure: str
    warn: float
    reject: float
    words: str

    def judge(self, value: float) -> Finding | None:
        sign = 1 if self.reject > self.warn else -1
        if sign * value <= sign * self.warn:
            return None
        return Finding(self.check, "reject" if sign * value > sign * self.reject else "warn", self.words.format(value))


_LIMITS = (
    _Limit("focus", "edge_width", 0.075, 0.09, "out of focus, the edge of a cell is {:.2f} red-cell diameters wide"),
    _Limit("exposure", "background_level", 0.3, 0.12, "too dark, the background is at {:.0%} of full brightness"),
    _Limit("clipping", "clipped", 0.05, 0.4, "clipped to black or white in {:.0%} of the frame or of the red cells"),
    _Limit(
        "stain", "contrast", 0.06, 0.02, "faint stain, red cells are darker than the background by {:.3f} (absorbance)"
    ),
    _Limit("grain", "grain", 0.12, 0.4, "grainy, neighbouring pixels differ by {:.0%} of a red cell's contrast"),
    _Limit("resolution", "red_cell_px", 15, -math.inf, "red cells are only {:.0f} px wide, some may be missed"),
    _Limit("crowding", "covered", 0.75, math.inf, "crowded, cells cover {:.0%} of the frame"),
    _Limit(
        "piles",
        "red_cell_density",
        0.54,
        math.inf,
        "crowded, the counted red cells side by side would cover {:.0%} of the frame: some in piles may be missed",
    ),
    _Limit("missed", "missed", 0.2, 0.35, "{:.0%} of the stained area lies outside the counted cells"),
    _Limit(
        "swapped",
        "white_like_red",
        0.01,
        0.1,
        "white cells no darker than red cells ({:.1%} of the red-cell count): they may be red cells",
    ),
    _Limit(
        "unlike",
        "distance",
        2.5,
        math.inf,
        "unlike the training photographs, colour, contrast or texture deviates {:.1f} times as much as theirs",
    ),
    _Limit(
        "grey",
        "colour",
        0.08,
        -math.inf,
        "without colour, white cells and platelets cannot be told well in a grey picture: take it with a colour camera",
    ),
    _Limit(
        "channels",
        "blue_nuclei",
        -0.4,
        -math.inf,
        "red and blue seem to be interchanged, as OpenCV reads a file: convert the array with image[..., ::-1]",
    ),
    _Limit(
        "negative",
        "negative",
        0.4,
        0.5,
        "a negative, cells are brighter than the background: turn it round with 255 - image",
    ),
    _Limit(
        "specks",
        "specks",
        0.3,
        math.inf,
        "dark specks too small for platelets, {:.1f} on an area of a red cell, as of stain precipitate: "
        "platelets may be wrong",
    ),
    _Limit(
        "lines",
        "line",
        SHORTEST_LINE,
        math.inf,
        "straight lines cross the photograph, one is {:.0f} red cells long, as of a reticle or a counting grid: "
        "cells on them may be wrong",
    ),
)


_WITHOUT_CELLS = ("exposure", "clipping", "negative")
"""What can be said of a photograph without a red cell; the others compare something with its red cells."""

_WITHOUT_ANY_TYPE = ("missed",)
"""What cannot be said where cells of some type were not located."""

_NOT_LOCATED = Finding(
    "cells", "warn", "red cells were counted without being located: focus, stain and scale could not be checked by them"
)


def judge_photograph(
    pixels: NDArray[np.uint8],
    diameter: RedCellDiameter,
    cells: Sequence[Cell],
    colours: MeasuredColours | None = None,
) -> Quality:
    """Judge whether a photograph is fit to be counted, after counting it.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB photograph.
    diameter : RedCellDiameter
        The scale that it was counted at.
    cells : sequence of Cell
        What was counted, in pixels of the photograph.
    colours : MeasuredColours, optional
        Those of the photograph; measured where they are not given.

    Returns
    -------
    Quality

    Examples
    --------
    >>> nothing = RedCellDiameter(80.0, 0.0, "fallback")
    >>> judge_photograph(np.full((60, 90, 3), 230, np.uint8), nothing, []).reason
    'no red cells were found'

    """
    colours = colours or measure_colours(pixels, diameter.px)
    return judge_measures(measure_photograph(pixels, diameter.px, cells, colours), diameter, cells, colours)


def judge_measures(
    measures: dict[str, float],
    diameter: RedCellDiameter,
    cells: Sequence[Cell],
    colours: MeasuredColours,
    unlocated: Collection[CellType] = (),
) -> Quality:
    """Judge by measures that were taken.

    Parameters
    ----------
    measures : dict of str to float
        All that :func:`measure_photograph` takes.
    diameter : RedCellDiameter
        The scale that it was counted at.
    cells : sequence of Cell
        What was counted.
    colours : MeasuredColours
        Those of the photograph.
    unlocated : collection of {"rbc", "wbc", "plt"}
        Types that were counted without locating their cells; what needs them is not judged.

    """
    any_red_cell = any(cell.type == "rbc" for cell in cells)
    of_cells = (
        [_NOT_LOCATED, _judge_scale(diameter)] if "rbc" in unlocated else [_judge_counted(diameter, cells, measures)]
    )
    counted = [*of_cells, _judge_colours(colours) if any_red_cell else None]
    unfit = _WITHOUT_ANY_TYPE if unlocated else ()
    limits = [
        limit for limit in _LIMITS if (any_red_cell or limit.check in _WITHOUT_CELLS) and limit.check not in unfit
    ]
    found = [limit.judge(measures[limit.measure]) for limit in limits]
    return Quality(tuple(finding for finding in (*counted, *found) if finding is not None), measures)


def measure_photograph(
    pixels: NDArray[np.uint8], diameter_px: float, cells: Sequence[Cell], colours: MeasuredColours | None = None
) -> dict[str, float]:
    """Take every measure of a photograph that the verdict is based on.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB photograph.
    diameter_px : float
        Diameter of a red cell in pixels.
    cells : sequence of Cell
    colours : MeasuredColours, optional
        Those of the photograph, of which the background is used; measured where they are not given.

    Returns
    -------
    dict of str to float
        All finite.

        ``edge_width``: standard deviation of the blur that makes an ideal edge as flat as the median edge of a cell, in
        red-cell diameters. ``background_level``: brightness of the empty background, 0 … 1. ``clipped``: share of the
        frame that is black, or of the red cells that is white. ``contrast``: median absorbance (natural logarithm, mean
        of green and blue) of red cells less that of the background. ``grain``: mean difference from the 3 × 3 median in
        the background ÷ contrast. ``covered``: share of the frame under cells. ``missed``: share of what is
        stained at least half as much as a red cell that lies farther than 0.08 diameters from any counted cell.
        ``red_cell_px``: the red-cell diameter, in pixels.
        ``white_like_red``: number of counted white cells whose darker fifth takes up less than 1.25 times as much light
        (absorbance of all three colours) as the median red cell ÷ number of red cells, both in the middle that is
        looked at.
        ``red_cell_density``: number of red cells by the counting frame, times the area of a disc one diameter wide ÷
        area of the frame.
        ``cell_size``: median diameter of the whole counted red cells ÷ the red-cell diameter, 0 without any.
        ``colour``: how far absorbance in red and blue light is from that in green, together, ÷ contrast, in the most
        colourful tenth of what is stained; 0 in a grey picture. ``blue_nuclei``: red absorbance less blue ÷ green in
        what is as dark as nuclei, doubled, less the same of red cells; 0 where nothing is as dark. ``negative``: 1 for
        a negative, else 0. ``specks``, ``line``: as of :func:`~hemolens.measurements.artefacts.measure_artefacts`.
        ``background_red``, ``background_blue``: logarithm of the background's red and blue light ÷ its green.
        ``stain_red``, ``stain_blue``: absorbance of red cells in red and in blue light ÷ that in green.
        ``cell_texture``, ``background_texture``: standard deviation of absorbance in red cells and in the
        background ÷ contrast. ``distance``: how far the last six and the contrast are from those of the training
        photographs, as by :func:`distance_from`.

    """
    background = (colours or measure_colours(pixels, diameter_px)).background
    view = _look_at(pixels, diameter_px, cells, background)
    stain = _tell_stain(view)
    measures = {
        "edge_width": _edge_width(view, stain),
        "background_level": float(view.pixels[stain.background].mean() / 255) if stain.background.any() else 0.0,
        "clipped": _clipped(view, stain),
        "contrast": stain.contrast,
        "red_cell_px": diameter_px,
        "grain": _grain(view, stain),
        "covered": float(view.in_cell.mean()),
        "missed": _missed(view, stain),
        "white_like_red": _white_like_red(view, stain),
        "red_cell_density": _red_cell_density(cells, diameter_px, pixels.shape),
        "cell_size": _cell_size(cells, diameter_px),
        "colour": _colour(view, stain),
        "blue_nuclei": _blue_nuclei(view, stain),
        "negative": float(is_negative(view.pixels)),
        **measure_artefacts(pixels, diameter_px, cells, background, stain.contrast),
        **_looks(view, stain),
    }
    return measures | {"distance": distance_from(_training_ranges(), measures)}


LOOKS = (
    "log_contrast",
    "background_red",
    "background_blue",
    "stain_red",
    "stain_blue",
    "cell_texture",
    "background_texture",
)
"""What photographs of another kind differ in, names of ``quality.toml``."""


def looks_of(measures: Mapping[str, float]) -> dict[str, float]:
    """Take the looks out of the measures of a photograph; the contrast as its natural logarithm.

    >>> looks_of(dict.fromkeys(LOOKS, 0.5) | {"contrast": 1.0})["log_contrast"]
    0.0
    """
    values = {**measures, "log_contrast": math.log(max(measures["contrast"], _LEAST_CONTRAST))}
    return {name: values[name] for name in LOOKS}


def distance_from(ranges: Mapping[str, tuple[float, float]], measures: Mapping[str, float]) -> float:
    """How far the looks of a photograph are from ranges: 1 at the end of a range, 2 a half-width beyond it.

    Parameters
    ----------
    ranges : mapping of str to (float, float)
        Lowest and highest value of each look.
    measures : mapping of str to float
        As from :func:`measure_photograph`.

    Returns
    -------
    float
        That of the look that is farthest off, in half-widths from the middle of its range.

    """
    looks = looks_of(measures)
    return max(abs(2 * looks[name] - low - high) / (high - low) for name, (low, high) in ranges.items())


def looks_apart(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """How unlike two photographs look: in half-widths of the ranges of the training photographs.

    Parameters
    ----------
    one, other : mapping of str to float
        As from :func:`measure_photograph`.

    Returns
    -------
    float
        That of the look in which they differ most; 0 for the same photograph.

    """
    first, second = looks_of(one), looks_of(other)
    return max(abs(first[name] - second[name]) / ((high - low) / 2) for name, (low, high) in _training_ranges().items())


@cache
def _training_ranges() -> dict[str, tuple[float, float]]:
    text = resources.files("hemolens.measurements").joinpath("quality.toml").read_text(encoding="utf-8")
    return {name: (low, high) for name, (low, high) in tomllib.loads(text)["ranges"].items()}


def _judge_counted(diameter: RedCellDiameter, cells: Sequence[Cell], measures: Mapping[str, float]) -> Finding | None:
    """Judge the scale and the counted cells, which must fit each other."""
    n_red = sum(cell.type == "rbc" for cell in cells)
    n_white = sum(cell.type == "wbc" for cell in cells)
    if n_red == 0:
        return Finding("cells", "reject", "no red cells were found")
    low, high = _CELL_SIZES
    if measures["cell_size"] and not low <= measures["cell_size"] <= high:
        words = f"the counted red cells are {measures['cell_size']:.2f} times as wide as the red-cell diameter"
        return Finding("scale", "reject", words)
    if n_white > n_red:
        return Finding("cells", "reject", f"more white cells ({n_white}) than red cells ({n_red}) were counted")
    return _judge_scale(diameter)


def _judge_scale(diameter: RedCellDiameter) -> Finding | None:
    if not diameter.warning:
        return None
    return Finding("scale", "warn", diameter.contradiction or "the red-cell diameter is uncertain")


def _judge_colours(colours: MeasuredColours) -> Finding | None:
    """Warn where the colours could not be standardised."""
    if colours.red_cell_absorbance is not None:
        return None
    return Finding(
        "colours", "warn", "the stain of the red cells could not be measured, so the colours were not standardised"
    )


class _View(NamedTuple):
    """The middle of a photograph, reduced, and where its counted cells lie in it; all of shape (H, W)."""

    pixels: NDArray[np.uint8]  # (H, W, 3)
    diameter_px: float
    in_cell: _Mask
    near_cell: _Mask  # within 0.08 diameters of one
    in_red_cell: _Mask
    n_red_cells: int
    n_red_cells_in_view: int
    white_cells: tuple[Ring, ...]
    absorbance: _Floats  # (H, W, 3), natural logarithm, relative to the background of the photograph


def _look_at(
    pixels: NDArray[np.uint8], diameter_px: float, cells: Sequence[Cell], background: NDArray[np.float64]
) -> _View:
    """Reduce the middle of a photograph so that a red cell is 32 px wide, and draw its cells."""
    import cv2

    factor = min(1.0, _VIEW_DIAMETER_PX / diameter_px)
    n_rows, n_cols = pixels.shape[:2]
    keep = min(1.0, (_VIEW_AREA_PX / (n_rows * n_cols)) ** 0.5 / factor)
    row0, col0 = (int(n * (1 - keep) / 2) for n in (n_rows, n_cols))
    middle = pixels[row0 : n_rows - row0, col0 : n_cols - col0]
    size = tuple(max(1, round(n * factor)) for n in (middle.shape[1], middle.shape[0]))
    view = np.asarray(cv2.resize(middle, size, interpolation=cv2.INTER_AREA), np.uint8)
    in_cell, in_red_cell = np.zeros(view.shape[:2], np.uint8), np.zeros(view.shape[:2], np.uint8)
    white_cells = []
    for cell in cells:
        outline = (cell.outline[:, ::-1].astype(np.float64) - (col0, row0) + 0.5) * factor
        draw_polygon(in_cell, outline, 1)
        if cell.type == "rbc":
            draw_polygon(in_red_cell, outline, 1)
        elif cell.type == "wbc":
            white_cells.append(outline)
    taken_up = absorbance(view, background) * np.float32(math.log(10))
    reach = 2 * max(1, round(0.08 * diameter_px * factor)) + 1
    near_cell = np.asarray(cv2.dilate(in_cell, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))))
    red_cells = [cell for cell in cells if cell.type == "rbc"]
    n_in_view = sum(row0 <= cell.row < n_rows - row0 and col0 <= cell.col < n_cols - col0 for cell in red_cells)
    return _View(
        view, diameter_px * factor, in_cell > 0, near_cell > 0, in_red_cell > 0, len(red_cells), n_in_view,
        tuple(white_cells), taken_up,
    )  # fmt: skip


class _Stain(NamedTuple):
    """What is background and what is red cell, and how dark each is in red, green and blue light."""

    background: _Mask
    red_cells: _Mask
    of_background: _Floats  # absorbance, (3,)
    of_red_cells: _Floats
    darkness: _Floats  # (H, W): absorbance of green and blue light, that of the background taken off

    @property
    def contrast(self) -> float:
        """How much darker a red cell is than the background."""
        return float((self.of_red_cells - self.of_background)[_GREEN:].mean())

    @property
    def unit(self) -> float:
        """The contrast as a divisor."""
        return max(self.contrast, _LEAST_CONTRAST)


def _tell_stain(view: _View) -> _Stain:
    """Tell stain from background by the counted cells, or by brightness (Otsu) where there are too few."""
    import cv2

    dark = (view.absorbance[..., _GREEN] + view.absorbance[..., _BLUE]) * np.float32(0.5)
    background, red_cells = ~view.near_cell, view.in_red_cell
    if view.n_red_cells < _FEWEST_CELLS or not background.any() or not red_cells.any():
        levels = np.clip(dark * 170, 0, 255).astype(np.uint8)
        threshold, _ = cv2.threshold(levels, 0, 1, cv2.THRESH_OTSU)
        background, red_cells = levels <= threshold, levels > threshold
    of_background, of_red_cells = (
        np.median(view.absorbance[where], axis=0) if where.any() else np.zeros(3, np.float32)
        for where in (background, red_cells)
    )
    return _Stain(background, red_cells, of_background, of_red_cells, dark - of_background[_GREEN:].mean())


def _edge_width(view: _View, stain: _Stain) -> float:
    """Blur of the median edge, in red-cell diameters: of an ideal step blurred by σ the slope is step ÷ (σ √2π)."""
    import cv2

    smooth = cv2.GaussianBlur(stain.darkness, (0, 0), 1.0)
    stained = (smooth > 0.5 * stain.unit).astype(np.uint8)
    border = stained > cv2.erode(stained, np.ones((3, 3), np.uint8))
    if not border.any():
        return _WIDEST_EDGE
    down, right = (cv2.Scharr(smooth, cv2.CV_32F, dx, dy, scale=1 / 32)[border] for dx, dy in ((0, 1), (1, 0)))
    slope = max(float(np.median(np.hypot(down, right))), 1e-6)
    width = stain.unit / slope / math.sqrt(2 * math.pi) / view.diameter_px
    # the smoothing is a larger part of a cell that is narrower than those that the limits were chosen on
    smoothing = 1 / view.diameter_px**2 - 1 / _VIEW_DIAMETER_PX**2
    return min(_WIDEST_EDGE, math.sqrt(max(width**2 - max(smoothing, 0.0), 0.0)))


def _clipped(view: _View, stain: _Stain) -> float:
    """Share of the frame that is black, or of the red cells that is white, whichever is more."""
    red, green, blue = np.moveaxis(view.pixels, -1, 0)
    black = float((np.maximum(np.maximum(red, green), blue) <= _BLACK).mean())
    cells = green[stain.red_cells]
    white = float((cells >= _WHITE).mean()) if cells.size else 0.0
    return max(black, white)


def _grain(view: _View, stain: _Stain) -> float:
    """Mean difference from the 3 × 3 median in the background ÷ contrast."""
    import cv2

    rough = np.abs(stain.darkness - cv2.medianBlur(stain.darkness, 3))[stain.background]
    return float(rough.mean()) / stain.unit if rough.size else 0.0


def _missed(view: _View, stain: _Stain) -> float:
    """Share of the stained area that no counted cell explains."""
    stained = stain.darkness > 0.5 * stain.unit
    return float((stained & ~view.near_cell).sum() / max(1, stained.sum()))


def _white_like_red(view: _View, stain: _Stain) -> float:
    """White cells in view without a nucleus that is darker than red cells ÷ red cells; 0 without red cells."""
    if view.n_red_cells_in_view < _FEWEST_CELLS:
        return 0.0
    taken_up = (view.absorbance - stain.of_background).sum(axis=-1)
    least = _DARKER_THAN_RED * float((stain.of_red_cells - stain.of_background).sum())
    inside = (_inside(outline, taken_up) for outline in view.white_cells)
    return sum(float(np.percentile(cell, 80)) < least for cell in inside if cell.size) / view.n_red_cells_in_view


def _inside(outline: Ring, values: _Floats) -> _Floats:
    """Values within an outline; empty where half of it lies outside the picture."""
    import cv2

    first, last = (np.floor(corner - 0.5).astype(int) for corner in (outline.min(axis=0), outline.max(axis=0)))
    (x0, y0), (x1, y1) = np.maximum(first, 0), last + 1
    part = values[y0 : max(y1, y0), x0 : max(x1, x0)]
    is_inside = np.zeros(part.shape, np.uint8)
    if is_inside.size:
        draw_polygon(is_inside, outline - (x0, y0), 1)
    is_seen = is_inside.sum() > 0.5 * cv2.contourArea(outline.astype(np.float32))
    return np.asarray(part[(is_inside > 0) & is_seen], np.float32)


def _red_cell_density(cells: Sequence[Cell], diameter_px: float, shape: tuple[int, ...]) -> float:
    """Cells at the upper and left sides are left out: in small fields cut cells would weigh too much."""
    n_red = sum(cell.type == "rbc" and cell.box.row0 > 0 and cell.box.col0 > 0 for cell in cells)
    return n_red * math.pi / 4 * diameter_px**2 / (shape[0] * shape[1])


def _cell_size(cells: Sequence[Cell], diameter_px: float) -> float:
    """Median diameter of whole red cells ÷ the red-cell diameter; 0 without any."""
    whole = [cell.diameter_px for cell in cells if cell.type == "rbc" and not cell.touches_frame]
    return float(np.median(whole)) / diameter_px if whole else 0.0


def _colour(view: _View, stain: _Stain) -> float:
    """Difference of the channels in the most colourful tenth of what is stained ÷ contrast; 1 where nothing is."""
    import cv2

    smooth = cv2.blur(view.absorbance, (3, 3))  # in a tinted grey picture, channels differ by rounding
    stained = smooth[stain.darkness > 0.5 * stain.unit] - stain.of_background
    if not len(stained):
        return 1.0
    apart = np.abs(stained - stained[:, _GREEN : _GREEN + 1]).sum(axis=1)
    return float(np.quantile(apart, 0.9)) / stain.unit


def _blue_nuclei(view: _View, stain: _Stain) -> float:
    """Twice the blueness of nuclei less that of red cells; 0 without nuclei."""
    import cv2

    taken_up, of_red_cells = view.absorbance - stain.of_background, stain.of_red_cells - stain.of_background
    dark = taken_up[..., _GREEN] > _NUCLEUS * max(float(of_red_cells[_GREEN]), 5 * _LEAST_CONTRAST)
    nuclei = cv2.morphologyEx(dark.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0
    if nuclei.sum() < _FEWEST_NUCLEUS_PX:
        return 0.0
    blueness = [
        float(each[0] - each[_BLUE]) / max(float(each[_GREEN]), 2 * _LEAST_CONTRAST)
        for each in (np.median(taken_up[nuclei], axis=0), of_red_cells)
    ]
    return 2 * blueness[0] - blueness[1]


def _looks(view: _View, stain: _Stain) -> dict[str, float]:
    """Colour of background and stain, and texture: what photographs of another kind differ in."""
    light = np.median(view.pixels[stain.background], axis=0) if stain.background.any() else np.zeros(3)
    red, green, blue = np.log(light + 4)  # 4: stay finite
    taken_up = stain.of_red_cells - stain.of_background
    unit = max(float(taken_up[_GREEN]), _LEAST_CONTRAST)
    texture = {
        name: float(stain.darkness[where].std()) / stain.unit if where.any() else 0.0
        for name, where in (("cell_texture", stain.red_cells), ("background_texture", stain.background))
    }
    return {
        "background_red": float(red - green),
        "background_blue": float(blue - green),
        "stain_red": float(taken_up[0]) / unit,
        "stain_blue": float(taken_up[_BLUE]) / unit,
        **texture,
    }
