"""Which pixels of a picture show the smear at all.

A phone at the eyepiece shows a round field with black around it. A figure of a paper has white margins and several
panels, a camera program writes a bar of data below the picture, a straightened picture has white corners, and of a
slide only a part is scanned. Nothing may be measured or counted there.

1. What surrounds a field is even: black, white, or one colour over a whole stripe. It reaches the border of the
   picture. What is left are the parts of the field.
2. A field is compact: a disc, or a straight-sided panel. Where the rest is anything else, there are cells on a white
   background, and the whole picture is the field.
3. The rim of a round field is blurred: it is cut back to where the light reaches that of the inside.

The surroundings are then painted in the colour of the empty background (:class:`FieldImage`), so that neither networks
nor counters see an edge there, and what is measured is measured in the largest rectangles inside the field.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CellType
from hemolens.cells.cell import Cell
from hemolens.images.box import Box
from hemolens.images.image import Shape, SmearImage
from hemolens.images.region import Region

SIDE_PX = 512
"""Surroundings are looked for on a picture reduced to this length of its longer side."""

MOST_PARTS = 24
"""A figure has at most so many panels."""

LEAST_PART = 0.01
"""Share of the picture that a part of the field takes up at least."""

LEAST_SURROUNDINGS = 0.004
"""Share of the picture below which there are no surroundings."""

_BLACK, _WHITE = 40, 244  # levels of the darkest and the brightest channel that count as black and white
_EVEN = 8  # grey levels between neighbours; JPEG leaves less in even parts
_STRIPE = 0.55  # share of a row or column that has one colour where a bar of data lies
_IN_STRIPE = 0.7  # share of a stripe that has its colour; the rest is writing
_COMPACT = 0.93  # share of its convex hull that a part fills
_ROUND = 0.93  # share of the smallest circle around it
_DARK = 0.5  # of the usual light, outside of which a round field ends
_RIM, _RIM_WIDTH = 0.93, 0.04  # of the light so much of the radius further in, where a blurred rim begins
_CELL_PX, _SIDE_PX = 10, 1200  # width of a red cell, and longest side, where the background is looked for
_MARGIN = 0.004  # share of the longer side that is cut off all around

_LEAST_SEEN = 0.4
"""Share of a cut cell that is seen at least; a little of what is seen is cut off with the rim."""

USUAL_DISCS: dict[CellType, float] = {"rbc": 1.0, "wbc": 3.0, "plt": 0.1}
"""Area of a usual cell, in discs of the red-cell diameter, where no whole one is seen."""

_Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class FieldOfView:
    """The part of a picture that shows the smear.

    Attributes
    ----------
    region : Region
        In pixels of the picture; each part is one polygon.
    inside : tuple of Box
        The largest rectangle within each part, in pixels of the picture: there scale, colours and quality are measured.
    share : float
        Of the picture, 0 … 1.

    """

    region: Region
    inside: tuple[Box, ...]
    share: float

    def settle_cut(self, cells: Sequence[Cell], red_cell_diameter_px: float) -> list[Cell]:
        """Settle what the cells are that the rim of the field cuts.

        Of a cell whose centre lies outside less than half is seen. So what is cut and much smaller than half a usual
        cell of its type is left out; other cut cells touch the frame.

        Parameters
        ----------
        cells : sequence of Cell
            In pixels of the image.
        red_cell_diameter_px : float

        Returns
        -------
        list of Cell
            In the same order.

        """
        cut = [self.cuts(cell) for cell in cells]
        usual: dict[CellType, float] = {}
        for kind, discs in USUAL_DISCS.items():
            whole = [cell.area_px for cell, is_cut in zip(cells, cut, strict=True) if cell.type == kind and not is_cut]
            usual[kind] = float(np.median(whole)) if whole else discs * np.pi / 4 * red_cell_diameter_px**2
        return [
            replace(cell, touches_frame=True) if is_cut else cell
            for cell, is_cut in zip(cells, cut, strict=True)
            if not is_cut or cell.area_px >= _LEAST_SEEN * usual[cell.type]
        ]

    def cuts(self, cell: Cell) -> bool:
        """Whether the rim of the field, or what surrounds it, cuts a cell."""
        row0, col0, row1, col1 = cell.box
        around = Box(row0 - 2, col0 - 2, row1 + 2, col1 + 2)
        inside = self.region.within(around)
        if inside.all():
            return False
        outwards = np.sign(cell.outline - (cell.row, cell.col))  # of the outline, to the pixels just outside of it
        rows, cols = np.clip(np.rint(cell.outline + outwards - (around.row0, around.col0)).T, 0, None).astype(np.intp)
        return not bool(inside[rows.clip(max=len(inside) - 1), cols.clip(max=inside.shape[1] - 1)].all())


def find_field_of_view(image: SmearImage) -> FieldOfView | None:
    """Find the part of a picture that shows the smear.

    Parameters
    ----------
    image : SmearImage

    Returns
    -------
    FieldOfView or None
        None where the whole picture does, and where that cannot be told.

    Examples
    --------
    >>> from hemolens.images.photograph import photograph_from_array
    >>> smear = np.random.default_rng(0).integers(150, 220, (200, 300, 3)).astype(np.uint8)
    >>> find_field_of_view(photograph_from_array(smear)) is None
    True
    >>> smear[:, 220:] = 255
    >>> x0, y0, x1, y1 = find_field_of_view(photograph_from_array(smear)).region.bounds
    >>> round(x0), round(y0), 210 < x1 < 220, round(y1)
    (0, 0, True, 200)

    """
    view = _reduced(image.overview())
    around = _surroundings(view)
    if around.mean() < LEAST_SURROUNDINGS:
        return None
    outlines = _parts(~around, view)
    if not outlines:
        return None
    scale = np.array([image.shape[1] / view.shape[1], image.shape[0] / view.shape[0]])
    polygons = tuple((outline * scale,) for outline in outlines)
    region = Region(polygons)
    mask = region.within(Box(0, 0, *image.shape)) if image.shape[0] * image.shape[1] < 4e6 else None
    share = float(np.mean(mask)) if mask is not None else sum(_area(each) for each in outlines) / around.size
    inside = tuple(_largest_rectangle(outline, view.shape[:2], scale, image.shape) for outline in outlines)
    return FieldOfView(region, inside, min(share, 1.0))


def _reduced(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    zoom = SIDE_PX / max(pixels.shape[:2])
    if zoom >= 1:
        return pixels
    size = max(1, round(pixels.shape[1] * zoom)), max(1, round(pixels.shape[0] * zoom))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _surroundings(view: NDArray[np.uint8]) -> _Mask:
    """Even black, white or one-coloured pixels that reach the border of the picture."""
    import cv2

    darkest, brightest = view.min(axis=2), view.max(axis=2)
    square = np.ones((3, 3), np.uint8)
    spread = (cv2.dilate(view, square).astype(int) - cv2.erode(view, square)).max(axis=2)
    around = ((brightest <= _BLACK) | (darkest >= _WHITE)) & (spread <= 2 * _EVEN)
    around = cv2.morphologyEx(around.astype(np.uint8), cv2.MORPH_OPEN, square) > 0
    around |= _stripes(view, spread)
    # a thin line, letters and a logo within the surroundings do not part them
    closed = cv2.morphologyEx(np.pad(around, 8, mode="edge").astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5)))
    closed = closed[8:-8, 8:-8]
    numbers = cv2.connectedComponents(closed, connectivity=4)[1]
    border = np.concatenate([numbers[0], numbers[-1], numbers[:, 0], numbers[:, -1]])
    return np.isin(numbers, np.unique(border[border > 0]))


def _stripes(view: NDArray[np.uint8], spread: NDArray[np.intp]) -> _Mask:
    """Whole rows or columns at the border most of whose pixels have one colour: bars of data and coloured margins."""
    found = np.zeros(view.shape[:2], bool)
    for turned, even, mark in ((view, spread, found), (view.swapaxes(0, 1), spread.T, found.T)):
        for forwards in (1, -1):
            rows, own, marked = turned[::forwards], even[::forwards], mark[::forwards]
            colour = np.median(rows[0], axis=0)
            near = (np.abs(rows.astype(int) - colour).max(axis=2) <= _EVEN) & (own <= _EVEN)
            is_stripe = near.mean(axis=1) >= _STRIPE
            end = len(is_stripe) if is_stripe.all() else int(np.argmin(is_stripe))
            if not 2 < end < 0.5 * len(is_stripe) or near[: max(1, end - 1)].mean() < _IN_STRIPE:
                continue
            beyond = rows[min(end + 2, len(rows) - 1)].astype(int)
            if (np.abs(beyond - colour).max(axis=1) > 2 * _EVEN).mean() >= _STRIPE:  # it ends all along one line
                marked[:end] = True
    return found


def _parts(field: _Mask, view: NDArray[np.uint8]) -> list[NDArray[np.float64]]:
    """Outlines (x, y) of the parts of a field; none where they are not compact."""
    import cv2

    opened = cv2.morphologyEx(field.astype(np.uint8), cv2.MORPH_OPEN, np.ones((7, 7), np.uint8))
    contours, _ = cv2.findContours(opened, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    large = [each for each in contours if cv2.contourArea(each) >= LEAST_PART * field.size]
    if not large or len(large) > MOST_PARTS:
        return []
    outlines = []
    for contour in large:
        hull = cv2.convexHull(contour)
        if cv2.contourArea(contour) < _COMPACT * cv2.contourArea(hull):
            return []
        outlines.append(_outline(hull, view))
    return outlines


def _outline(hull: NDArray[Any], view: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Outline of one part, a little inside: a circle whose blurred rim is left out, or its convex hull."""
    import cv2

    margin = max(1.5, _MARGIN * max(view.shape[:2]))
    (x, y), radius = cv2.minEnclosingCircle(hull)
    if _fills_circle(hull, x, y, radius, view.shape[:2]):
        radius = _inside_rim(view, x, y, radius) - margin
        angles = np.linspace(0, 2 * np.pi, 180, endpoint=False)
        ring = np.stack([x + 0.5 + radius * np.cos(angles), y + 0.5 + radius * np.sin(angles)], axis=1)
    else:
        mask = np.zeros(view.shape[:2], np.uint8)
        cv2.drawContours(mask, [hull], -1, 1, cv2.FILLED)
        side = 2 * int(np.ceil(margin)) + 1
        # beyond the picture the field goes on
        padded = cv2.copyMakeBorder(mask, side, side, side, side, cv2.BORDER_REPLICATE)
        shrunk = cv2.erode(padded, np.ones((side, side), np.uint8))[side:-side, side:-side]
        points = max(cv2.findContours(shrunk, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0], key=cv2.contourArea)
        corners = cv2.convexHull(points)[:, 0].astype(float)
        ring = corners + np.where(corners > corners.mean(axis=0), 1.0, 0.0)
    return np.asarray(np.clip(ring, 0, (view.shape[1], view.shape[0])), np.float64)


def _fills_circle(hull: NDArray[Any], x: float, y: float, radius: float, shape: Shape) -> bool:
    """Whether a part fills the smallest circle around it, as far as that lies in the picture."""
    import cv2

    circle = np.zeros(shape, np.uint8)
    cv2.circle(circle, (round(x), round(y)), round(radius), 1, cv2.FILLED)
    return bool(cv2.contourArea(hull) > _ROUND * circle.sum())


def _inside_rim(view: NDArray[np.uint8], x: float, y: float, radius: float) -> float:
    """Radius within which the light no longer falls off towards the rim."""
    rows, cols = np.indices(view.shape[:2])
    distance = np.hypot(rows - y, cols - x)
    green = view[..., 1]
    edges = np.arange(0.6 * radius, radius + 1)
    # the background between cells is what is bright in each ring
    light = np.array([
        np.percentile(green[ring], 85) if (ring := (distance >= r) & (distance < r + 1)).any() else 0 for r in edges
    ])  # fmt: skip
    lit = np.flatnonzero(light >= _DARK * np.median(light))
    if not len(lit):
        return radius
    last = int(lit[-1])
    just_inside = light[max(0, last - round(_RIM_WIDTH * radius))]
    return float(edges[np.flatnonzero(light[: last + 1] >= _RIM * just_inside)[-1]])


def _largest_rectangle(outline: NDArray[np.float64], shape: Shape, scale: NDArray[np.float64], of: Shape) -> Box:
    """Largest upright rectangle within a convex outline that has the same shape as its bounds and the same middle."""
    low, high = outline.min(axis=0), outline.max(axis=0)
    middle, half = (low + high) / 2, (high - low) / 2
    part = Region(((outline,),)).within(Box(0, 0, *shape))
    for share in np.arange(1.0, 0.3, -0.01):
        (x0, y0), (x1, y1) = middle - share * half, middle + share * half
        rows, cols = slice(int(np.ceil(y0)), max(int(y1), 1)), slice(int(np.ceil(x0)), max(int(x1), 1))
        if part[rows, cols].size and part[rows, cols].all():
            break
    row0, row1 = (int(np.clip(side * scale[1], 0, of[0])) for side in (rows.start, rows.stop))
    col0, col1 = (int(np.clip(side * scale[0], 0, of[1])) for side in (cols.start, cols.stop))
    return Box(row0, col0, max(row1, row0 + 1), max(col1, col0 + 1))


def _area(outline: NDArray[np.float64]) -> float:
    x, y = outline.T
    return float(abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2)


class FieldImage:
    """A picture whose surroundings are painted as empty background; a :class:`~hemolens.images.image.SmearImage`.

    Each place around the field has the colour of the background at the rim next to it: where the light falls off
    towards the rim, a brighter colour would make cells of the dim background.

    Parameters
    ----------
    image : SmearImage
    region : Region
        The field of view.
    red_cell_diameter_px : float
        Usual diameter in pixels of the image.

    """

    def __init__(self, image: SmearImage, region: Region, red_cell_diameter_px: float) -> None:
        self._image, self._region = image, region
        self._diameter_px = red_cell_diameter_px
        self.name, self.path, self.sha256 = image.name, image.path, image.sha256
        self.um_per_px, self.shape, self.levels = image.um_per_px, image.shape, image.levels

    def read(self, box: Box, level: int = 0) -> NDArray[np.uint8]:
        """Read the pixels of a box, and paint what lies outside the field."""
        pixels = self._image.read(box, level)
        own, whole = self.levels[level], self.shape
        region = self._region if own == whole else self._region.scaled(own[1] / whole[1], own[0] / whole[0])
        inside = region.within(box)
        return pixels if inside.all() else np.where(inside[..., None], pixels, self._paint(box, own))

    def overview(self) -> NDArray[np.uint8]:
        """Give the picture to look at, as it is."""
        return self._image.overview()

    def _paint(self, box: Box, of: Shape) -> NDArray[np.uint8]:
        """What is painted over a box of a level."""
        import cv2

        down, right = self._background.shape[0] / of[0], self._background.shape[1] / of[1]
        rows = ((np.arange(box.row0, box.row1) + 0.5) * down - 0.5).astype(np.float32)
        cols = ((np.arange(box.col0, box.col1) + 0.5) * right - 0.5).astype(np.float32)
        at_col, at_row = np.meshgrid(cols, rows)
        painted = cv2.remap(self._background, at_col, at_row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(painted, np.uint8)

    @cached_property
    def _background(self) -> NDArray[np.uint8]:
        """The empty background, reduced so that a red cell is :data:`_CELL_PX` wide, and continued beyond the field."""
        import cv2

        overview = self._image.overview()
        zoom = min(
            1.0, _CELL_PX / self._diameter_px * self.shape[1] / overview.shape[1], _SIDE_PX / max(overview.shape)
        )
        size = max(1, round(overview.shape[1] * zoom)), max(1, round(overview.shape[0] * zoom))
        view = cv2.resize(overview, size, interpolation=cv2.INTER_AREA)
        field = self._region.scaled(size[0] / self.shape[1], size[1] / self.shape[0])
        inside = field.within(Box(0, 0, size[1], size[0])).astype(np.uint8)
        inside = np.asarray(cv2.erode(inside, np.ones((3, 3), np.uint8)), np.uint8)
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _CELL_PX + 1, 2 * _CELL_PX + 1))
        smooth = cv2.blur(view, (3, 3))
        green = np.where(inside > 0, smooth[..., 1], 0).astype(np.uint8)
        brightest, darkest = cv2.dilate(green, disc), cv2.erode(np.where(inside > 0, green, 255).astype(np.uint8), disc)
        # between the cells nearby it is brighter than half way from the darkest of them
        is_background = (inside > 0) & (2 * green.astype(int) >= brightest.astype(int) + darkest)
        return _continued(smooth.astype(np.float32), is_background.astype(np.float32))


def _continued(values: NDArray[np.float32], known: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Continue a picture to where it is not known: by the mean of what is near, ever farther away."""
    import cv2

    result, missing = values.copy(), known == 0
    sigma = 2.0
    while missing.any() and sigma < 2 * max(known.shape):
        weight = cv2.GaussianBlur(known, (0, 0), sigma)
        mean = cv2.GaussianBlur(values * known[..., None], (0, 0), sigma) / np.maximum(weight, 1e-6)[..., None]
        reached = missing & (weight > 1e-3)
        result[reached] = mean[reached]
        missing &= ~reached
        sigma *= 2
    return np.asarray(np.rint(result).clip(0, 255), np.uint8)
