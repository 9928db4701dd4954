"""Blood smears drawn by the program, whose every cell is known.

Tests, examples and demonstrations need photographs with a certain truth and without an owner.
:func:`draw_smear` makes them in three steps:

1. *Shapes.* Each cell is a radius for every direction: an ellipse with a few low harmonics.
2. *Places.* Cells are dropped at random and pushed apart until they keep a gap; red cells that are to
   overlap are first joined into small stacks and moved as one.
3. *Light.* Every cell adds to the optical density of the smear, and the light that comes through is
   ``background * exp(-density)`` (Beer-Lambert): where two cells lie over each other it is darker, and the
   outlines of both stay visible. Uneven light, blur and sensor noise follow.

Densities, colours, rims and sizes are set by eye and by measurement to resemble photographs of Giemsa and
Wright stained smears under a 100× oil lens.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.cells.cell import Cell
from hemolens.cells.near_pairs import near_pairs
from hemolens.errors import UsageError
from hemolens.images.box import Box

StainName = Literal["pink", "tan", "grey", "pale", "violet"]
"""The looks that :func:`draw_smear` can give a smear."""

MIN_VISIBLE = 0.4
"""At least this proportion of every drawn cell is inside the frame and under no other cell."""

_Floats = NDArray[np.float32]
_Mask = NDArray[np.bool_]

_N_ANGLES = 72
_ANGLES = np.arange(_N_ANGLES) * (2 * np.pi / _N_ANGLES)
_MAX_COVERAGE = 0.78  # cells cannot be packed more densely than this, gaps included
_N_ATTEMPTS = 3
_N_ROUNDS = 4
_N_ITERATIONS = 250
_OVERSHOOT = 1.8  # cells move a little farther apart than they must, which spreads crowds sooner


@dataclass(frozen=True)
class _Stain:
    """Colours of a smear: the empty background (grey levels) and the optical density of what lies on it."""

    background: tuple[float, float, float]
    red_cell: tuple[float, float, float]
    nucleus: tuple[float, float, float]
    granules: tuple[float, float, float] = (0.16, 0.45, 0.16)
    basophilic: tuple[float, float, float] = (0.38, 0.33, 0.07)
    platelet: tuple[float, float, float] = (0.30, 0.72, 0.14)


_STAINS: dict[StainName, _Stain] = {
    "pink": _Stain((164, 160, 144), (0.066, 0.285, 0.260), (0.60, 1.25, 0.16)),
    "tan": _Stain((178, 175, 158), (0.082, 0.240, 0.245), (0.56, 0.92, 0.08)),
    "grey": _Stain((175, 170, 163), (0.170, 0.225, 0.205), (0.66, 1.20, 0.08)),
    "pale": _Stain((163, 166, 162), (0.105, 0.230, 0.195), (0.66, 1.60, 0.30)),
    "violet": _Stain((205, 177, 164), (0.270, 0.370, 0.170), (0.42, 1.20, 0.24)),
}


@dataclass(frozen=True, eq=False)
class SyntheticSmear:
    """A drawn photograph and the truth about it.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        The photograph, RGB.
    cells : list of Cell
        Every drawn cell, from the lowest to the uppermost: red cells, white cells, platelets. Box, outline,
        area and centre are those of the whole cell, the part under another cell included; what lies outside
        the frame is cut away. Scores are 1.
    masks : list of ndarray of bool
        The pixels of each cell within its box, in the order of `cells`.
    red_cell_diameter_px : float
        The mean red-cell diameter that was asked for.

    """

    pixels: NDArray[np.uint8]
    cells: list[Cell]
    masks: list[_Mask]
    red_cell_diameter_px: float

    def n(self, cell_type: CellType) -> int:
        """Count the cells of one type.

        >>> draw_smear(height=200, width=300, n_rbc=4, n_wbc=0, n_plt=1).n("rbc")
        4
        """
        return sum(cell.type == cell_type for cell in self.cells)

    @property
    def n_rbc(self) -> int:
        """Number of red cells."""
        return self.n("rbc")

    @property
    def n_wbc(self) -> int:
        """Number of white cells."""
        return self.n("wbc")

    @property
    def n_plt(self) -> int:
        """Number of platelets."""
        return self.n("plt")

    def labels(self, cell_type: CellType) -> NDArray[np.int32]:
        """Paint the cells of one type into a label image.

        Parameters
        ----------
        cell_type : {"rbc", "wbc", "plt"}
            The type to paint.

        Returns
        -------
        ndarray of int32, shape (H, W)
            0 where there is no such cell; 1, 2, … for the first, second, … cell of this type in `cells`.
            Where two overlap, the upper one (the later one) wins.

        Examples
        --------
        >>> smear = draw_smear(height=200, width=300, n_rbc=4, n_wbc=0, n_plt=0)
        >>> np.unique(smear.labels("rbc")).tolist()
        [0, 1, 2, 3, 4]

        """
        labels = np.zeros(self.pixels.shape[:2], np.int32)
        n_painted = 0
        for cell, mask in zip(self.cells, self.masks, strict=True):
            if cell.type == cell_type:
                n_painted += 1
                labels[cell.box.row0 : cell.box.row1, cell.box.col0 : cell.box.col1][mask] = n_painted
        return labels


def draw_smear(
    seed: int = 0,
    *,
    height: int = 900,
    width: int = 1200,
    n_rbc: int = 80,
    n_wbc: int = 2,
    n_plt: int = 6,
    red_cell_diameter_px: float = 80.0,
    overlap: float = 0.1,
    cut_by_frame: bool = False,
    stain: StainName = "pink",
    uneven_light: float = 0.15,
    blur_px: float = 1.2,
    noise: float = 2.5,
) -> SyntheticSmear:
    """Draw a blood smear whose every cell is known.

    The same arguments give the same smear. White cells and platelets overlap nothing, red cells only red
    cells; at least :data:`MIN_VISIBLE` of every cell can be seen.

    Parameters
    ----------
    seed : int
        Non-negative; another seed gives another smear.
    height, width : int
        Size of the photograph in pixels, at least 1.
    n_rbc, n_wbc, n_plt : int
        How many red cells, white cells and platelets to draw; exactly as many are drawn.
    red_cell_diameter_px : float
        Mean diameter of a red cell, more than 4. White cells are 1.3 to 1.9 and platelets 0.2 to 0.4
        times as wide.
    overlap : float
        Proportion of the red cells that overlap another one, 0 … 1, to the nearest possible number (a
        single cell cannot overlap). The other cells keep a gap of 2 px and 4 % of the red-cell diameter.
    cut_by_frame : bool
        True lets the frame cut cells, as in a real photograph; they are counted like the others.
    stain : {"pink", "tan", "grey", "pale", "violet"}
        Colours; each seed varies them a little.
    uneven_light : float
        Proportion of the light lost in the darkest corner, 0 … 0.9.
    blur_px : float
        Standard deviation of the blur in pixels; 0 for none.
    noise : float
        Standard deviation of the sensor noise in grey levels (of 255); 0 for none.

    Returns
    -------
    SyntheticSmear
        The photograph and the truth. Without cells (all numbers 0) an empty background and an empty list.

    Raises
    ------
    UsageError
        If an argument is out of range, or if that many cells find no place in the frame.

    Examples
    --------
    >>> smear = draw_smear(seed=1, height=240, width=320, n_rbc=5, n_wbc=1, n_plt=2)
    >>> smear.pixels.shape, smear.n_rbc, smear.n_wbc, smear.n_plt
    ((240, 320, 3), 5, 1, 2)

    """
    n_cells: dict[CellType, int] = {"rbc": n_rbc, "wbc": n_wbc, "plt": n_plt}
    _check_whole_numbers({"seed": seed, **{f"n_{name}": n for name, n in n_cells.items()}}, minimum=0)
    _check_whole_numbers({"height": height, "width": width}, minimum=1)
    _check_range("overlap", overlap, 0.0, 1.0)
    _check_range("uneven_light", uneven_light, 0.0, 0.9)
    _check_range("blur_px", blur_px, 0.0, 100.0)
    _check_range("noise", noise, 0.0, 255.0)
    _check_diameter(red_cell_diameter_px)
    _check_stain(stain)
    diameter = float(red_cell_diameter_px)
    frame = _Frame(int(height), int(width), bool(cut_by_frame))
    _check_room(frame, n_cells, diameter, overlap)

    rng = np.random.default_rng(seed)
    bodies, masks = _placed_bodies(rng, frame, n_cells, diameter, overlap)
    colours = _varied(rng, _STAINS[stain])
    density = np.zeros((frame.height, frame.width, 3), np.float32)
    _add_red_cells(density, [body for body in bodies if body.type == "rbc"], colours, diameter, rng)
    for body in bodies:
        if body.type == "wbc":
            _add_white_cell(density, body, colours, diameter, rng)
        elif body.type == "plt":
            _add_platelet(density, body, colours, rng)
    light = _illumination(frame, uneven_light, rng)[..., None] * _colour(colours.background)
    pixels = _photographed(density, light, blur_px, noise, rng)
    cells = [_truth(body, mask, frame) for body, mask in zip(bodies, masks, strict=True)]
    return SyntheticSmear(pixels, cells, [mask.pixels for mask in masks], diameter)


# ---------------------------------------------------------------------------------------------- arguments


@dataclass(frozen=True)
class _Frame:
    height: int
    width: int
    cut: bool


def _check_whole_numbers(numbers: dict[str, int], *, minimum: int) -> None:
    for name, number in numbers.items():
        try:
            valid = not isinstance(number, bool) and operator.index(number) >= minimum
        except TypeError:
            valid = False
        if not valid:
            raise UsageError(
                f"{name} is not a possible number",
                came=repr(number),
                allowed=f"whole numbers from {minimum} upwards",
                do=f"give {name} as a whole number",
            )


def _check_range(name: str, value: float, lowest: float, highest: float) -> None:
    if not (isinstance(value, int | float | np.number) and lowest <= value <= highest):
        raise UsageError(
            f"{name} is out of range",
            came=repr(value),
            allowed=f"numbers from {lowest:g} to {highest:g}",
            do=f"choose {name} within these limits",
        )


def _check_diameter(value: float) -> None:
    if not (isinstance(value, int | float | np.number) and 4 < value < math.inf):
        raise UsageError(
            "red_cell_diameter_px is out of range",
            came=repr(value),
            allowed="numbers above 4",
            do="give the red-cell diameter in pixels",
        )


def _check_stain(stain: str) -> None:
    if stain not in get_args(StainName):
        raise UsageError(
            "unknown stain",
            came=repr(stain),
            allowed=", ".join(get_args(StainName)),
            do="choose one of these",
        )


def _no_room(frame: _Frame, n_cells: dict[CellType, int], diameter: float) -> UsageError:
    wanted = ", ".join(f"{n_cells[name]} {name}" for name in CELL_TYPES)
    n_fitting = int(0.6 * frame.height * frame.width / (math.pi * (0.55 * diameter) ** 2))
    return UsageError(
        "the cells do not fit into the frame",
        came=f"{wanted} of red-cell diameter {diameter:g} px in {frame.width} × {frame.height} px",
        allowed=f"about {n_fitting} red cells at this size",
        do="ask for fewer or smaller cells, a larger frame or more overlap",
    )


def _check_room(frame: _Frame, n_cells: dict[CellType, int], diameter: float, overlap: float) -> None:
    """Refuse at once what cannot be placed, before any time is spent on shapes."""
    red = n_cells["rbc"] * (1 - 0.4 * overlap)
    area = math.pi / 4 * diameter**2 * (red + 2.4 * n_cells["wbc"] + 0.1 * n_cells["plt"])
    allowance = 0.3 * diameter if frame.cut else 0.0
    if area > _MAX_COVERAGE * (frame.height + allowance) * (frame.width + allowance):
        raise _no_room(frame, n_cells, diameter)


# ------------------------------------------------------------------------------------------------- shapes


@dataclass(frozen=True, eq=False)
class _Body:
    """A cell to be drawn: its centre and its radius in each direction of ``_ANGLES`` (0 = to the right)."""

    type: CellType
    row: float
    col: float
    radii: NDArray[np.float64]
    kind: str = ""

    @property
    def radius(self) -> float:
        return float(np.sqrt(np.mean(self.radii**2)))

    @property
    def polygon(self) -> NDArray[np.float64]:
        """Vertices (row, col)."""
        return np.stack([self.row + self.radii * np.sin(_ANGLES), self.col + self.radii * np.cos(_ANGLES)], axis=1)


def _star_shape(
    rng: np.random.Generator, diameter: float, axis_ratio: float, roughness: float, n_harmonics: int = 5
) -> NDArray[np.float64]:
    """Radii of an ellipse with random harmonics, of the area of a circle of `diameter`."""
    turned = _ANGLES - rng.uniform(0, np.pi)
    radii = 1 / np.sqrt(np.cos(turned) ** 2 / axis_ratio + np.sin(turned) ** 2 * axis_ratio)
    for order in range(3, n_harmonics + 1):
        radii *= 1 + rng.normal(0, roughness / (order - 1)) * np.cos(order * _ANGLES + rng.uniform(0, 2 * np.pi))
    radii = np.clip(radii, 0.5, 1.8)
    scale = diameter / 2 / np.sqrt(np.mean(radii**2))
    return np.asarray(radii * scale, np.float64)


_WHITE_CELLS: dict[str, tuple[float, float, float]] = {  # kind → how often, least and greatest width
    "lymphocyte": (0.3, 1.3, 1.5),
    "neutrophil": (0.4, 1.45, 1.75),
    "blast": (0.2, 1.4, 1.8),
    "monocyte": (0.1, 1.6, 1.9),
}


def _new_body(rng: np.random.Generator, cell_type: CellType, diameter: float) -> _Body:
    if cell_type == "rbc":
        size = diameter * float(np.clip(rng.normal(1, 0.07), 0.82, 1.2))
        ratio = 1 + min(abs(rng.normal(0, 0.13)), 0.4)
        return _Body("rbc", 0, 0, _star_shape(rng, size, ratio, 0.04))
    if cell_type == "wbc":
        kinds = list(_WHITE_CELLS)
        kind = str(rng.choice(kinds, p=[_WHITE_CELLS[name][0] for name in kinds]))
        size = diameter * rng.uniform(*_WHITE_CELLS[kind][1:])
        return _Body("wbc", 0, 0, _star_shape(rng, size, rng.uniform(1, 1.18), 0.045), kind)
    size = max(diameter * rng.uniform(0.2, 0.4), 2.5)
    return _Body("plt", 0, 0, _star_shape(rng, size, rng.uniform(1, 1.45), 0.09, 6))


def _radius_at(radii: NDArray[np.float64], angle: NDArray[Any]) -> NDArray[np.float64]:
    """Radius in any direction; `radii` is one table (72,) or one table for each row of `angle` (…, 72)."""
    position = (angle / (2 * np.pi) * _N_ANGLES) % _N_ANGLES
    below = position.astype(np.intp)
    part = position - below
    if radii.ndim == 1:
        first, second = radii[below % _N_ANGLES], radii[(below + 1) % _N_ANGLES]
    else:
        first = np.take_along_axis(radii, below % _N_ANGLES, axis=1)
        second = np.take_along_axis(radii, (below + 1) % _N_ANGLES, axis=1)
    return np.asarray(first + part * (second - first), np.float64)


# ------------------------------------------------------------------------------------------------- places


def _stack_sizes(rng: np.random.Generator, n_rbc: int, overlap: float) -> list[int]:
    """Sizes of the groups the red cells are placed in: stacks of two to five, then single cells."""
    n_left = min(n_rbc, max(2, round(overlap * n_rbc))) if overlap * n_rbc >= 0.5 and n_rbc > 1 else 0
    sizes = [1] * (n_rbc - n_left)
    while n_left:
        size = min(n_left, int(rng.choice([2, 3, 4], p=[0.65, 0.25, 0.1])))
        size += n_left - size == 1  # nobody stays behind alone
        sizes.append(size)
        n_left -= size
    return sizes[::-1]


def _visible_parts(stack: list[_Body]) -> list[float]:
    """Proportion of each body that no later one of the stack hides."""
    turn = np.tile(np.arange(_N_ANGLES), 8)
    reach = np.repeat(np.sqrt((np.arange(8) + 0.5) / 8), _N_ANGLES)
    parts = []
    for index, body in enumerate(stack):
        rows = body.row + reach * body.radii[turn] * np.sin(_ANGLES[turn])
        cols = body.col + reach * body.radii[turn] * np.cos(_ANGLES[turn])
        hidden = np.zeros(len(rows), bool)
        for upper in stack[index + 1 :]:
            down, right = rows - upper.row, cols - upper.col
            hidden |= np.hypot(down, right) <= _radius_at(upper.radii, np.arctan2(down, right))
        weights = body.radii[turn] ** 2
        parts.append(float(1 - weights[hidden].sum() / weights.sum()))
    return parts


def _stacked(rng: np.random.Generator, bodies: list[_Body]) -> list[_Body]:
    """Lay red cells over each other, each on one of those before it, none hidden too much."""
    stack = bodies[:1]
    for body in bodies[1:]:
        least = 0.5  # of the sum of the radii; widened until enough of every cell stays visible
        while True:
            below = stack[-1] if rng.random() < 0.7 else stack[int(rng.integers(len(stack)))]
            angle = rng.uniform(0, 2 * np.pi)
            touching = float(_radius_at(below.radii, np.array(angle)) + _radius_at(body.radii, np.array(angle + np.pi)))
            distance = touching * rng.uniform(least, 0.88)
            row, col = below.row + distance * np.sin(angle), below.col + distance * np.cos(angle)
            trial = [*stack, replace(body, row=row, col=col)]
            if min(_visible_parts(trial)) >= MIN_VISIBLE + 0.1:
                break
            least = min(0.85, least + 0.02)
        stack = trial
    return stack


def _placed_bodies(
    rng: np.random.Generator, frame: _Frame, n_cells: dict[CellType, int], diameter: float, overlap: float
) -> tuple[list[_Body], list[_CellMask]]:
    """Make the cells and find a place for each, lowest first; the masks are those of the bodies."""
    if not any(n_cells.values()):
        return [], []
    for _ in range(_N_ATTEMPTS):
        groups = _groups(rng, n_cells, diameter, overlap)
        group_of = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
        bodies = _dropped(rng, groups, frame)
        whole = np.full(len(bodies), not frame.cut)  # cells that the frame may not cut
        for _ in range(_N_ROUNDS):
            limits = _limits(bodies, whole, frame)
            if not _pushed_apart(rng, bodies, group_of, limits, diameter):
                break
            masks = [_cell_mask(body, frame) for body in bodies]
            hidden = _visible(bodies, masks, frame) < MIN_VISIBLE
            if not hidden.any():
                return bodies, masks
            whole |= np.isin(group_of, group_of[hidden])
    raise _no_room(frame, n_cells, diameter)


def _groups(
    rng: np.random.Generator, n_cells: dict[CellType, int], diameter: float, overlap: float
) -> list[list[_Body]]:
    """Make the cells, in groups that move as one: stacks of red cells, then every other cell by itself."""
    groups = [
        _stacked(rng, [_new_body(rng, "rbc", diameter) for _ in range(size)])
        for size in _stack_sizes(rng, n_cells["rbc"], overlap)
    ]
    upper: tuple[CellType, ...] = ("wbc", "plt")
    return groups + [[_new_body(rng, name, diameter)] for name in upper for _ in range(n_cells[name])]


def _limits(bodies: list[_Body], whole: _Mask, frame: _Frame) -> NDArray[np.float64]:
    """Least and greatest row and column of each centre: shape (n, 2, 2), [cell, least/greatest, row/col].

    A `whole` cell stays a pixel away from the frame. Of the others an edge may take a third and a corner
    about half.
    """
    last = np.array([frame.height, frame.width], float) - 1
    limits = np.empty((len(bodies), 2, 2))
    for limit, body, kept in zip(limits, bodies, whole, strict=True):
        polygon = body.polygon - (body.row, body.col)
        inset = 0.3 * body.radius
        limit[0] = 1 - polygon.min(axis=0) if kept else inset
        limit[1] = last - (1 + polygon.max(axis=0) if kept else inset)
    return limits


def _pushed_apart(
    rng: np.random.Generator,
    bodies: list[_Body],
    group_of: NDArray[np.intp],
    limits: NDArray[np.float64],
    diameter: float,
) -> bool:
    """Push the groups apart (in place) until none is too near another; tell whether they came to rest."""
    if np.any(limits[:, 0] > limits[:, 1]):
        return False
    radii = np.array([body.radii for body in bodies])
    centres = np.array([(body.row, body.col) for body in bodies])
    gap = 0.04 * diameter + 2
    _keep_inside(centres, limits, group_of)
    moved = np.ones(len(bodies), bool)
    for _ in range(_N_ITERATIONS):
        push, near = _pushes(centres, radii, group_of, gap, moved)
        if not near.any():
            break
        step = np.zeros((int(group_of[-1]) + 1, 2))
        np.add.at(step, group_of, push)
        step += np.where(step != 0, rng.normal(0, 0.1, step.shape), 0)
        before = centres.copy()
        centres += np.clip(step, -0.3 * diameter, 0.3 * diameter)[group_of]
        _keep_inside(centres, limits, group_of)
        moved = near | np.any(centres != before, axis=1)
    else:
        return False
    bodies[:] = [replace(b, row=float(c[0]), col=float(c[1])) for b, c in zip(bodies, centres, strict=True)]
    return bool(np.all((centres >= limits[:, 0] - 1e-6) & (centres <= limits[:, 1] + 1e-6)))


def _dropped(rng: np.random.Generator, groups: list[list[_Body]], frame: _Frame) -> list[_Body]:
    """Drop the groups: at random on an empty smear, spread out evenly on a crowded one."""
    size = np.array([frame.height, frame.width], float)
    reach = np.array([math.sqrt(sum(body.radius**2 for body in group)) for group in groups])
    n_candidates = 1 + int(20 * math.pi * float((reach**2).sum()) / float(size.prod()))
    places = np.zeros((len(groups), 2))
    for index in range(len(groups)):
        candidates = rng.uniform(0, 1, (n_candidates, 2)) * size
        room = np.hypot(*(candidates[:, None] - places[None, :index]).transpose(2, 0, 1)) - reach[:index]
        places[index] = candidates[np.argmax(room.min(axis=1, initial=np.inf))]
    return [
        replace(body, row=body.row + float(place[0]), col=body.col + float(place[1]))
        for group, place in zip(groups, places, strict=True)
        for body in group
    ]


def _keep_inside(centres: NDArray[np.float64], limits: NDArray[np.float64], group_of: NDArray[np.intp]) -> None:
    """Move each group (in place) by what its farthest member is over the limits."""
    inward, outward = np.zeros((2, group_of[-1] + 1, 2))
    np.maximum.at(inward, group_of, limits[:, 0] - centres)
    np.maximum.at(outward, group_of, centres - limits[:, 1])
    centres += (inward - outward)[group_of]


def _pushes(
    centres: NDArray[np.float64],
    radii: NDArray[np.float64],
    group_of: NDArray[np.intp],
    gap: float,
    moved: _Mask,
) -> tuple[NDArray[np.float64], _Mask]:
    """How far each cell must move to keep its share of `gap`, (n, 2), and which cells are too near another.

    Only pairs of which one has `moved` are looked at: the others are known to keep the gap.
    """
    greatest = radii.max(axis=1)
    first, second = near_pairs(centres, 2 * greatest.max() + gap)
    between = centres[first] - centres[second]
    near = np.hypot(*between.T) < greatest[first] + greatest[second] + gap
    near &= (group_of[first] != group_of[second]) & (moved[first] | moved[second])
    first, second, between = first[near], second[near], between[near]
    depth = np.maximum(_depth(between, radii[first], radii[second]), _depth(-between, radii[second], radii[first]))
    lack = depth + gap
    close = lack > 0
    first, second, between, lack = first[close], second[close], between[close], lack[close]
    length = np.hypot(*between.T)
    direction = np.where(length[:, None] > 1e-9, between / np.maximum(length, 1e-9)[:, None], (0.0, 1.0))
    push = np.zeros_like(centres)
    move = direction * (_OVERSHOOT * 0.5 * lack + 0.01)[:, None]
    np.add.at(push, first, move)
    np.add.at(push, second, -move)
    too_near = np.zeros(len(centres), bool)
    too_near[first] = too_near[second] = True
    return push, too_near


def _depth(offset: NDArray[np.float64], radii: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """How deep the outline of a body at `offset` goes into the other one (negative: how far it stays off)."""
    rows = offset[:, :1] + radii[:, ::2] * np.sin(_ANGLES[::2])
    cols = offset[:, 1:] + radii[:, ::2] * np.cos(_ANGLES[::2])
    return np.asarray((_radius_at(other, np.arctan2(rows, cols)) - np.hypot(rows, cols)).max(axis=1, initial=-np.inf))


# ------------------------------------------------------------------------------------------ pixels of cells


@dataclass(frozen=True, eq=False)
class _CellMask:
    """The pixels of a cell: mask within a tight box inside the frame, and how much of it is inside."""

    box: Box
    pixels: _Mask
    part_inside: float


def _window(body: _Body, margin_px: float, height: int, width: int) -> tuple[slice, slice]:
    """Rows and columns of the frame that hold a body and a margin around it."""
    reach = float(body.radii.max()) + margin_px
    row0, row1 = math.floor(body.row - reach), math.ceil(body.row + reach) + 1
    col0, col1 = math.floor(body.col - reach), math.ceil(body.col + reach) + 1
    return slice(max(row0, 0), min(row1, height)), slice(max(col0, 0), min(col1, width))


def _distances(body: _Body, window: tuple[slice, slice]) -> tuple[_Floats, _Floats]:
    """Distance outside the outline (negative inside), and distance from the centre over radius."""
    down = np.arange(window[0].start, window[0].stop)[:, None] - body.row
    right = np.arange(window[1].start, window[1].stop)[None, :] - body.col
    distance = np.hypot(down, right)
    radius = _radius_at(body.radii, np.arctan2(down, right))
    return (distance - radius).astype(np.float32), (distance / radius).astype(np.float32)


def _cell_mask(body: _Body, frame: _Frame) -> _CellMask:
    window = _window(body, 1, frame.height, frame.width)
    mask = _distances(body, window)[0] <= 0
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):  # wholly outside the frame
        return _CellMask(Box(0, 0, 0, 0), mask[:0, :0], 0.0)
    row0, row1, col0, col1 = rows[0], rows[-1] + 1, cols[0], cols[-1] + 1
    box = Box(
        window[0].start + int(row0),
        window[1].start + int(col0),
        window[0].start + int(row1),
        window[1].start + int(col1),
    )
    part_inside = min(1.0, float(mask.sum()) / (math.pi * body.radius**2)) if frame.cut else 1.0
    return _CellMask(box, mask[row0:row1, col0:col1], part_inside)


def _visible(bodies: list[_Body], masks: list[_CellMask], frame: _Frame) -> NDArray[np.float64]:
    """Proportion of each cell that is inside the frame and under no other one."""
    upper = np.zeros((frame.height, frame.width), np.int32)
    for index, mask in enumerate(masks):
        upper[mask.box.row0 : mask.box.row1, mask.box.col0 : mask.box.col1][mask.pixels] = index + 1
    n_visible = np.bincount(upper.ravel(), minlength=len(bodies) + 1)[1:]
    n_pixels = np.array([max(mask.pixels.sum(), 1) for mask in masks])
    part_inside = np.array([mask.part_inside for mask in masks])
    return np.asarray(n_visible / n_pixels * part_inside, np.float64)


def _truth(body: _Body, mask: _CellMask, frame: _Frame) -> Cell:
    rows, cols = np.nonzero(mask.pixels)
    area = float(len(rows))
    box = mask.box
    return Cell(
        type=body.type,
        row=float(rows.mean() + box.row0),
        col=float(cols.mean() + box.col0),
        box=box,
        outline=np.clip(body.polygon, 0, (frame.height - 1, frame.width - 1)).astype(np.float32),
        area_px=area,
        diameter_px=math.sqrt(4 * area / math.pi),
        score=1.0,
        touches_frame=box.row0 == 0 or box.col0 == 0 or box.row1 == frame.height or box.col1 == frame.width,
    )


# ------------------------------------------------------------------------------------------------- light


def _varied(rng: np.random.Generator, stain: _Stain) -> _Stain:
    """Vary the colours of a stain a little: no two slides are stained alike."""

    def vary(colour: tuple[float, float, float], common: float, each: float) -> tuple[float, float, float]:
        factors = rng.normal(1, common) * rng.normal(1, each, 3)
        red, green, blue = (float(value * factor) for value, factor in zip(colour, factors, strict=True))
        return red, green, blue

    return _Stain(
        background=vary(stain.background, 0.03, 0.01),
        red_cell=vary(stain.red_cell, 0.06, 0.03),
        nucleus=vary(stain.nucleus, 0.06, 0.03),
        granules=vary(stain.granules, 0.06, 0.03),
        basophilic=vary(stain.basophilic, 0.06, 0.03),
        platelet=vary(stain.platelet, 0.06, 0.03),
    )


def _clouds(rng: np.random.Generator, shape: tuple[int, ...], grain_px: float) -> _Floats:
    """Smooth noise of mean 0 and standard deviation about 1, with grains of about `grain_px`."""
    import cv2

    height, width = shape
    step = max(grain_px, 1.0)
    coarse = rng.standard_normal((math.ceil(height / step) + 3, math.ceil(width / step) + 3), np.float32)
    fine_shape = (math.ceil(coarse.shape[1] * step), math.ceil(coarse.shape[0] * step))
    fine = cv2.resize(coarse, fine_shape, interpolation=cv2.INTER_CUBIC)
    row, col = int(step), int(step)
    return np.asarray(fine[row : row + height, col : col + width] * np.float32(1.25), np.float32)


def _smooth_step(value: _Floats, low: float, high: float) -> _Floats:
    """0 below `low`, 1 above `high`, a smooth rise between."""
    part = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(part * part * (3 - 2 * part), np.float32)


def _coverage(outside_px: _Floats) -> _Floats:
    """How much of each pixel a body covers, from the distance to its outline."""
    return np.asarray(np.clip(0.5 - outside_px, 0, 1), np.float32)


def _rim(outside_px: _Floats, diameter: float) -> _Floats:
    """Grey density of an edge under the microscope: a dark line inside it, a bright one around it."""
    line = outside_px / np.float32(0.045 * diameter)
    return np.asarray(0.05 * np.exp(-((line + 0.4) ** 2)) - 0.04 * np.exp(-(((line - 1) / 0.7) ** 2)), np.float32)


def _colour(values: tuple[float, float, float]) -> _Floats:
    return np.array(values, np.float32)


def _add_red_cells(
    density: _Floats, bodies: list[_Body], colours: _Stain, diameter: float, rng: np.random.Generator
) -> None:
    """Add red cells to the optical density, in place."""
    height, width = density.shape[:2]
    haemoglobin = np.zeros((height, width), np.float32)
    glare = np.zeros((height, width), np.float32)
    covered = np.zeros((height, width), np.float32)
    pallor = rng.uniform(0.35, 0.85)
    for body in bodies:
        window = _window(body, 0.15 * diameter, height, width)
        outside, part = _distances(body, window)
        thickness = _red_cell_thickness(body, window, part, pallor, rng)
        cover = _coverage(outside)
        # cells lying on others are flattened: they darken, but do not double the density
        flattened = 1 - 0.72 * np.minimum(covered[window], 1) * cover
        haemoglobin[window] += cover * thickness * flattened
        covered[window] += cover
        glare[window] += _rim(outside, diameter)
    if bodies:
        haemoglobin *= np.float32(1) + np.float32(0.02) * _clouds(rng, (height, width), 0.06 * diameter)
    density += haemoglobin[..., None] * _colour(colours.red_cell) + glare[..., None]


def _red_cell_thickness(
    body: _Body, window: tuple[slice, slice], part: _Floats, pallor: float, rng: np.random.Generator
) -> _Floats:
    """Thickness of a biconcave disc, about 1, less in its pale centre."""
    shift = rng.normal(0, 0.05 * body.radius, 2)
    from_centre = _distances(replace(body, row=body.row + shift[0], col=body.col + shift[1]), window)[1]
    depth = float(np.clip(rng.normal(pallor, 0.2), 0.0, 0.98))
    breadth = rng.uniform(0.32, 0.55) * (0.75 + 0.35 * depth)
    steepness = rng.choice([2.0, 2.5, 4.0, 6.0], p=[0.35, 0.35, 0.2, 0.1])
    hollow = depth * np.exp(-((from_centre / breadth) ** steepness))
    return np.asarray(rng.normal(0.96, 0.06) * (1 - hollow + 0.06 * _smooth_step(part, 0.3, 0.75)), np.float32)


def _add_white_cell(density: _Floats, body: _Body, colours: _Stain, diameter: float, rng: np.random.Generator) -> None:
    """Add a white cell to the optical density, in place."""
    height, width = density.shape[:2]
    window = _window(body, 0.15 * diameter, height, width)
    outside, part = _distances(body, window)
    cover = _coverage(outside)
    nucleus = _NUCLEI[body.kind](body, window, diameter, rng) * _coverage(outside + 0.01 * diameter)
    grains = _clouds(rng, part.shape, 0.035 * diameter)
    strands = _clouds(rng, part.shape, 0.09 * diameter)
    strength = rng.uniform(0.85, 1.1) * (0.8 if body.kind in ("monocyte", "blast") else 1.0)
    chromatin = strength * nucleus * (1 + 0.10 * strands + 0.06 * grains)
    if body.kind == "neutrophil":
        shade = 0.5 + 0.16 * np.clip(grains, -1, 3) + 0.06 * strands
        colour = colours.granules
    else:
        deep = {"lymphocyte": 0.55, "blast": 0.95, "monocyte": 0.45}[body.kind] * rng.uniform(0.8, 1.2)
        shade = deep * (0.75 + 0.45 * _smooth_step(part, 0.75, 1.0) + 0.10 * strands)
        colour = colours.basophilic
    plasma = (cover * (1 - nucleus) * shade)[..., None] * _colour(colour)
    rim = _rim(outside, diameter)
    density[window] += plasma + chromatin[..., None] * _colour(colours.nucleus) + rim[..., None]


_NucleusDrawing = Callable[[_Body, tuple[slice, slice], float, np.random.Generator], _Floats]


def _round_nucleus(body: _Body, window: tuple[slice, slice], diameter: float, rng: np.random.Generator) -> _Floats:
    """Nucleus that fills most of the cell: lymphocytes and blasts."""
    size = 2 * body.radius * rng.uniform(0.80, 0.94)
    shape = _star_shape(rng, size, rng.uniform(1, 1.15), 0.06)
    off, angle = rng.uniform(0.03, 0.14) * body.radius, rng.uniform(0, 2 * np.pi)
    inner = _Body("wbc", body.row + off * np.sin(angle), body.col + off * np.cos(angle), shape)
    return 1 - _smooth_step(_distances(inner, window)[0], -0.03 * diameter, 0.02 * diameter)


def _kidney_nucleus(body: _Body, window: tuple[slice, slice], diameter: float, rng: np.random.Generator) -> _Floats:
    """Nucleus with a deep notch: monocytes."""
    nucleus = _round_nucleus(body, window, diameter, rng)
    angle = rng.uniform(0, 2 * np.pi)
    off = 0.62 * body.radius
    notch = _star_shape(rng, 0.75 * body.radius, rng.uniform(1.3, 1.8), 0.05)
    cut = _Body("wbc", body.row + off * np.sin(angle), body.col + off * np.cos(angle), notch)
    return nucleus * _smooth_step(_distances(cut, window)[0], -0.03 * diameter, 0.04 * diameter)


def _lobed_nucleus(body: _Body, window: tuple[slice, slice], diameter: float, rng: np.random.Generator) -> _Floats:
    """Nucleus of three to five lobes on an arc, joined by bridges: neutrophils."""
    n_lobes = int(rng.integers(3, 6))
    start, turn = rng.uniform(0, 2 * np.pi), rng.uniform(0.85, 1.2) * rng.choice([-1, 1])
    angles = start + turn * np.arange(n_lobes) + rng.normal(0, 0.1, n_lobes)
    off = body.radius * rng.uniform(0.36, 0.55, n_lobes)
    rows, cols = body.row + off * np.sin(angles), body.col + off * np.cos(angles)
    radii = body.radius * rng.uniform(0.24, 0.36, n_lobes)
    down = np.arange(window[0].start, window[0].stop, dtype=float)[:, None]
    right = np.arange(window[1].start, window[1].stop, dtype=float)[None, :]
    outside = np.full((down.size, right.size), np.inf)
    for lobe in range(n_lobes):
        outside = np.minimum(outside, np.hypot(down - rows[lobe], right - cols[lobe]) - radii[lobe])
        if lobe:  # the bridge from the lobe before
            along = np.array([rows[lobe] - rows[lobe - 1], cols[lobe] - cols[lobe - 1]])
            part = ((down - rows[lobe - 1]) * along[0] + (right - cols[lobe - 1]) * along[1]) / (along @ along)
            part = np.clip(part, 0, 1)
            bridge = np.hypot(down - rows[lobe - 1] - part * along[0], right - cols[lobe - 1] - part * along[1])
            outside = np.minimum(outside, bridge - body.radius * 0.14)
    ragged = 0.045 * body.radius * _clouds(rng, outside.shape, 0.2 * body.radius)
    edge = (outside + ragged).astype(np.float32)
    return 1 - _smooth_step(edge, -0.03 * diameter, 0.02 * diameter)


_NUCLEI: dict[str, _NucleusDrawing] = {
    "lymphocyte": _round_nucleus,
    "blast": _round_nucleus,
    "monocyte": _kidney_nucleus,
    "neutrophil": _lobed_nucleus,
}


def _add_platelet(density: _Floats, body: _Body, colours: _Stain, rng: np.random.Generator) -> None:
    """Add a platelet to the optical density, in place: a granular heart in a paler seam."""
    height, width = density.shape[:2]
    window = _window(body, 0.3 * body.radius + 2, height, width)
    outside, part = _distances(body, window)
    heart = 1 - _smooth_step(part, 0.3, 1.05)
    granules = 1 + 0.2 * _clouds(rng, part.shape, 0.3 * body.radius)
    shade = rng.uniform(0.7, 1.3) * _coverage(outside) * (0.35 + 0.65 * heart) * granules
    density[window] += shade[..., None] * _colour(colours.platelet)


def _photographed(
    density: _Floats, light: _Floats, blur_px: float, noise: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Send `light` (H, W, 3) through the smear and photograph it."""
    import cv2

    height, width = density.shape[:2]
    seen = np.asarray(light * np.exp(-density), np.float32)
    if blur_px > 0:
        seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), blur_px, borderType=cv2.BORDER_REFLECT), np.float32)
    if noise > 0:
        # a sensor's noise is mostly common to the three colours and smeared a little by the camera
        common = rng.standard_normal((height, width, 1), np.float32)
        noisy = 0.8 * common + 0.6 * rng.standard_normal((height, width, 3), np.float32)
        noisy = cv2.GaussianBlur(noisy, (0, 0), 0.6, borderType=cv2.BORDER_REFLECT) * np.float32(2.015 * noise)
        seen = seen + noisy
    return np.asarray(np.clip(np.rint(seen), 0, 255), np.uint8)


def _illumination(frame: _Frame, uneven_light: float, rng: np.random.Generator) -> _Floats:
    """Light over the frame: 1 where it is brightest, ``1 - uneven_light`` in the darkest corner."""
    rows = np.linspace(-1, 1, frame.height, dtype=np.float32)[:, None]
    cols = np.linspace(-1, 1, frame.width, dtype=np.float32)[None, :]
    row, col = rng.uniform(-0.6, 0.6, 2)
    loss = (rows - np.float32(row)) ** 2 + (cols - np.float32(col)) ** 2
    return np.asarray(1 - np.float32(uneven_light) * (loss / max(float(loss.max()), 1e-6)), np.float32)
