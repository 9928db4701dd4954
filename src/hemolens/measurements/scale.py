"""Red-cell diameter in pixels: the scale that every size in hemolens is relative to.

A red cell is a roundish body that is darker than its surroundings all the way round, and there are more
of them than of anything else. So the estimate looks for circles, at every size at once:

1. The photograph becomes an absorbance map (green and blue light, relative to the bright background), which
   haemoglobin darkens and which uneven exposure or a colour cast changes little.
2. It is halved again and again. On every level the same search runs for circles 16 to 32 px wide, so that
   a photograph and its enlargement give the same circles. Each edge point votes for the centres that lie at
   one of seven distances towards the dark side. The bright middle of a ring-shaped cell and the gaps between
   cells have their dark side outside, and get no votes.
3. From each centre 32 rays look for the edge. The share of rays that agree on a radius says how good the
   circle is; cells that touch, overlap or reach the frame still show most of their outline to the rays.
4. White cells and platelets are set aside: they are dark in green light and clear in blue light, both against
   the other bodies and, where there are no others, by what haemoglobin never shows.
5. The diameter that most circles agree on wins (the mode of a kernel density, by mean shift: Comaniciu and Meer,
   IEEE TPAMI 24, 2002), and how many agree, and how complete they are, says how far to trust it.

Who knows better says so: :func:`choose_scale` takes a diameter or µm per pixel in place of the estimate, and
:attr:`RedCellDiameter.warning` puts into words where the two disagree or the estimate cannot be trusted. The user is
always believed, a file only as far as a sure estimate allows: its metadata may be of another objective.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hemolens.errors import PhotographError, UsageError

FALLBACK_PX = 80.0
"""Returned with confidence 0 when no cell is found: usual for a ×100 objective and a five-megapixel camera."""

RANGE_PX = (10.0, 500.0)
"""No smaller and no larger diameter is ever returned, nor taken from the user."""

USUAL_RED_CELL_UM = 7.5
"""Diameter of a normal red cell on a dry smear, in µm: what turns µm per pixel into pixels."""

RANGE_UM_PER_PX = (USUAL_RED_CELL_UM / RANGE_PX[1], USUAL_RED_CELL_UM / RANGE_PX[0])
"""The same range in µm per pixel: 0.015 to 0.75."""

LEAST_TRUSTED = 0.4
"""Confidence below which an estimate is doubtful: errors above 15 % are then many times as frequent."""

LARGEST_DISAGREEMENT = 1.25
"""A given scale that differs from a trusted estimate by more than this factor, either way, earns a warning."""

LEAST_SURE = 0.6
"""Confidence from which on an estimate may overrule the scale of a file. ``benchmarks/scale-accuracy.md`` has the
largest errors there."""

LARGEST_UNEXPLAINED = 1.7
"""A file's scale that differs from a sure estimate by more than this factor is taken to be wrong: red cells a quarter
smaller or larger than usual, together with the largest error of a sure estimate, explain no more."""

Origin = Literal["estimate", "fallback", "diameter_px", "um_per_px", "file"]
"""Where a scale comes from: the photograph itself, nowhere, one of the two options, or the file's metadata."""

_Floats = NDArray[np.float32]
_GREEN, _BLUE = 1, 2
_RADII_PX = np.geomspace(8.0, 16.0, 7)  # on each level of the pyramid
_LEVEL_AREA_PX = 340_000  # a larger level is searched in its middle part only: it holds cells enough
_SMALLEST_SIDE_PX = 14
_SMALL_PX = 18.0  # below this width the search for circles begins
_THUMBNAIL_SIDE_PX = 320
_N_RAYS = 32
_RAY_STEPS = np.linspace(0.7, 1.4, 15, dtype=np.float32)  # fractions of the voted radius
_LEAST_CONTRAST = 0.02  # absorbance; anything fainter is not a stained cell
_LEAST_COVERAGE = 0.5
_N_SHIFTS = 12
_OUTLINE_PER_EDGE = 1.03  # hand-drawn outlines run just outside the steepest edge (ALL-IDB1: 3 %)


@dataclass(frozen=True)
class RedCellDiameter:
    """How wide a red cell is in a photograph, and how that is known.

    Attributes
    ----------
    px : float
        Median diameter in photograph pixels, of the circle through the cell's outline.
    confidence : float
        0 … 1. Below :data:`LEAST_TRUSTED` errors above 15 % are many times as frequent as above it;
        ``benchmarks/scale-accuracy.md`` has the counts. 0.0 means that no cell was found and ``px`` is
        :data:`FALLBACK_PX`; 1.0 that it was given.
    origin : {"estimate", "fallback", "diameter_px", "um_per_px", "file"}
        ``"estimate"``: measured in the photograph; ``"fallback"``: nothing was found in it;
        ``"diameter_px"``, ``"um_per_px"``: given by the user; ``"file"``: from the file's µm per pixel.
    estimate : RedCellDiameter or None
        What the photograph itself says, where something else was given; None for an estimate.
    refused_um_per_px : float or None
        The file's µm per pixel where it was not used: no red cell could be that small or large, or a sure estimate says
        otherwise.
    """

    px: float
    confidence: float
    origin: Origin = "estimate"
    estimate: RedCellDiameter | None = None
    refused_um_per_px: float | None = None

    @property
    def um_per_px(self) -> float | None:
        """µm per pixel: as given or stated in the file, else for a red cell :data:`USUAL_RED_CELL_UM` wide.

        None where the diameter is not to be trusted: an estimate below :data:`LEAST_TRUSTED`, or none at all. None,
        too, where the file and the photograph contradict each other.

        Examples
        --------
        >>> RedCellDiameter(75.0, 0.9).um_per_px, RedCellDiameter(75.0, 0.2).um_per_px
        (0.1, None)
        """
        return None if self.confidence < LEAST_TRUSTED or self.contradicts_file else USUAL_RED_CELL_UM / self.px

    @property
    def contradicts_file(self) -> bool:
        """Whether the file's scale was not used although a red cell could have that size."""
        low, high = RANGE_UM_PER_PX
        return self.refused_um_per_px is not None and low <= self.refused_um_per_px <= high

    @property
    def um_is_assumed(self) -> bool:
        """Whether µm per pixel only rests on the usual width of a red cell."""
        return self.origin not in {"um_per_px", "file"}

    @property
    def um_origin(self) -> str:
        """What µm per pixel rest on; empty where they are not known.

        Examples
        --------
        >>> RedCellDiameter(75.0, 0.9).um_origin
        'assumed: a red cell is 7.5 µm wide'
        """
        if self.um_per_px is None:
            return ""
        return f"assumed: a red cell is {USUAL_RED_CELL_UM} µm wide" if self.um_is_assumed else "given"

    @property
    def warning(self) -> str:
        """What a user must know about this scale, in one line; empty when all is well.

        Examples
        --------
        >>> RedCellDiameter(80.0, 0.9).warning
        ''
        >>> RedCellDiameter(80.0, 0.2).warning.partition(":")[0]
        'the red-cell diameter, 80 px, is uncertain (confidence 0.20, trusted from 0.4)'
        """
        if self.origin == "fallback":
            found = f"no red cells were found to measure, a red-cell diameter of {self.px:.0f} px is assumed"
            return self._refusal + found + f": {_LOOK}"
        if self.estimate is None and self.confidence < LEAST_TRUSTED:
            how_sure = f"(confidence {self.confidence:.2f}, trusted from {LEAST_TRUSTED})"
            return self._refusal + f"the red-cell diameter, {self.px:.0f} px, is uncertain {how_sure}: {_LOOK}"
        if self.contradicts_file:
            return f"{self.contradiction}: µm are left empty, {_LOOK}"
        if self.estimate is None:
            return self._refusal.removesuffix("; ")
        if self.estimate.confidence < LEAST_TRUSTED or _factor(self.px, self.estimate.px) <= LARGEST_DISAGREEMENT:
            return ""
        return (
            f"the red-cell diameter {_ORIGIN_NAMES[self.origin]}, {self.px:.0f} px, is used, but the photograph "
            f"suggests {self.estimate.px:.0f} px (more than a factor of {LARGEST_DISAGREEMENT} apart): {_LOOK}"
        )

    @property
    def contradiction(self) -> str:
        """What the file and the photograph say where they contradict each other; else empty.

        Examples
        --------
        >>> RedCellDiameter(80.0, 0.9, refused_um_per_px=0.2).contradiction
        "the file's 0.2 µm per pixel would make red cells 38 px wide, the photograph shows 80 px, which is used"
        """
        if self.refused_um_per_px is None or not self.contradicts_file:
            return ""
        stated = f"the file's {self.refused_um_per_px:g} µm per pixel would make red cells"
        return (
            f"{stated} {USUAL_RED_CELL_UM / self.refused_um_per_px:.0f} px wide, "
            f"the photograph shows {self.px:.0f} px, which is used"
        )

    @property
    def _refusal(self) -> str:
        if self.refused_um_per_px is None:
            return ""
        low, high = RANGE_UM_PER_PX
        return (
            f"the file's {self.refused_um_per_px:g} µm per pixel is outside {low:g} to {high:g} and was not used, the "
            "diameter is estimated; "
        )


_LOOK = (
    "look at the overlay; if the outlines do not fit the cells, "
    "count again with the right diameter in pixels or µm per pixel"
)
_ORIGIN_NAMES = {"diameter_px": "given", "um_per_px": "from the given µm per pixel", "file": "from the file's scale"}


class _Contrast(NamedTuple):
    """One reading of the absorbance map: what is background, and how much darker the cells are."""

    threshold: float
    background: float
    step: float


class _Slopes(NamedTuple):
    """Slopes of an absorbance map, in cell contrasts a pixel: they point into the cells. Shape (H, W)."""

    down: _Floats
    right: _Floats


class _Circles(NamedTuple):
    """Circles found, one entry for each in every array, all float32 of shape (N,)."""

    row: _Floats
    col: _Floats
    radius: _Floats
    coverage: _Floats
    green: _Floats
    blue: _Floats

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> _Circles:
        return _Circles(*(values[chosen] for values in self))


_LEAST_CONFIDENCE = 0.02
_LEAST_AGREEMENT = 1.0  # share + completeness; below it, circles are found in noise by chance
_NOTHING_FOUND = RedCellDiameter(FALLBACK_PX, 0.0, "fallback")


def choose_scale(
    estimate: RedCellDiameter,
    *,
    diameter_px: float | None = None,
    um_per_px: float | None = None,
    file_um_per_px: float | None = None,
) -> RedCellDiameter:
    """Choose the scale of a photograph: what the user gives, else what the file says, else the estimate.

    A file's scale is passed over where the estimate is sure (confidence :data:`LEAST_SURE` or more) and differs from it
    by more than the factor :data:`LARGEST_UNEXPLAINED`.

    Parameters
    ----------
    estimate : RedCellDiameter
        From :func:`estimate_red_cell_diameter`.
    diameter_px : float or None
        Red-cell diameter in pixels, within :data:`RANGE_PX`.
    um_per_px : float or None
        µm per pixel, within :data:`RANGE_UM_PER_PX`; a red cell is taken to be :data:`USUAL_RED_CELL_UM` wide.
    file_um_per_px : float or None
        The same as the file states it. Outside the range, or against a sure estimate, it is passed over with a warning.

    Returns
    -------
    RedCellDiameter
        The estimate unchanged where nothing is given; else the given diameter, with confidence 1.0.

    Raises
    ------
    UsageError
        If `diameter_px` and `um_per_px` are both given, or one is out of its range.

    Examples
    --------
    >>> choose_scale(RedCellDiameter(78.0, 0.8), um_per_px=0.1).px
    75.0
    """
    check_given_scale(diameter_px, um_per_px)
    if diameter_px is not None:
        return RedCellDiameter(float(diameter_px), 1.0, "diameter_px", estimate)
    if um_per_px is not None:
        return RedCellDiameter(USUAL_RED_CELL_UM / um_per_px, 1.0, "um_per_px", estimate)
    if file_um_per_px is None:
        return estimate
    if not RANGE_UM_PER_PX[0] <= file_um_per_px <= RANGE_UM_PER_PX[1]:
        return replace(estimate, refused_um_per_px=file_um_per_px)
    stated_px = USUAL_RED_CELL_UM / file_um_per_px
    if estimate.confidence >= LEAST_SURE and _factor(stated_px, estimate.px) > LARGEST_UNEXPLAINED:
        return replace(estimate, refused_um_per_px=file_um_per_px)
    return RedCellDiameter(stated_px, 1.0, "file", estimate)


def _factor(one: float, other: float) -> float:
    """How many times as large as the smaller the larger of two diameters is."""
    return max(one / other, other / one)


def check_given_scale(diameter_px: float | None, um_per_px: float | None) -> None:
    """Refuse a scale that is given twice, and sizes that no red cell has.

    Raises
    ------
    UsageError

    """
    if diameter_px is not None and um_per_px is not None:
        raise UsageError(
            "the scale is given twice",
            came=f"a diameter of {diameter_px:g} px and {um_per_px:g} µm per pixel",
            allowed="one of them",
            do="leave one of them out",
            option="diameter_px",
        )
    for what, option, given, (low, high) in (
        ("red-cell diameter in pixels is out of range", "diameter_px", diameter_px, RANGE_PX),
        ("µm per pixel is out of range", "um_per_px", um_per_px, RANGE_UM_PER_PX),
    ):
        if given is not None and not low <= given <= high:
            raise UsageError(
                what,
                came=f"{given:g}",
                allowed=f"{low:g} to {high:g}",
                do="correct it, or leave it out: the diameter is then estimated",
                option=option,
            )


def estimate_red_cell_diameter(pixels: NDArray[np.uint8]) -> RedCellDiameter:
    """Measure the median diameter of the red cells in a photograph.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB photograph of a stained smear, cells darker than the background. Red cells may be 10 to 300 px
        wide; the frame should hold at least two or three of them whole.

    Returns
    -------
    RedCellDiameter
        The diameter in pixels and its confidence. A picture without cells gives :data:`FALLBACK_PX`, 0.0 and the
        origin ``"fallback"``.

    Raises
    ------
    PhotographError
        If ``pixels`` is not a uint8 array of shape (H, W, 3) with at least one pixel.

    Examples
    --------
    >>> nothing = estimate_red_cell_diameter(np.full((60, 90, 3), 230, np.uint8))
    >>> nothing.px, nothing.confidence, nothing.origin
    (80.0, 0.0, 'fallback')
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.size == 0:
        raise PhotographError(
            "cannot measure red cells in this array",
            came=f"{pixels.dtype} of shape {pixels.shape}",
            allowed="uint8 of shape (H, W, 3)",
            do="convert it with hemolens.images.photograph.photograph_from_array",
        )
    found = _search(pixels)
    if found.confidence < LEAST_TRUSTED and min(pixels.shape[:2]) >= _SMALLEST_SIDE_PX:
        small = _search(_enlarged(pixels))
        if small.confidence >= LEAST_TRUSTED and small.px < 2 * _SMALL_PX:
            found = replace(small, px=max(small.px / 2, RANGE_PX[0]))
    return found


def _search(pixels: NDArray[np.uint8]) -> RedCellDiameter:
    """The diameter that most circles on all levels of the pyramid agree on."""
    thumbnail = _thumbnail(pixels)
    tables = _absorbance_tables(thumbnail)
    levels = _pyramid(pixels)
    best = _NOTHING_FOUND
    for contrast in _readings(_absorbance(thumbnail, tables)):
        found = [_circles_on_level(level, tables, contrast) for level in levels]
        circles = _Circles(*map(np.concatenate, zip(*found, strict=True))) if found else None
        if circles is None or circles.radius.size == 0:
            continue
        distinct = _without_overlaps(circles)
        diameter = _consensus(distinct, _redness(distinct, thumbnail, tables, contrast))
        best = max(best, diameter, key=lambda one: one.confidence)
    return best if best.confidence >= _LEAST_CONFIDENCE else _NOTHING_FOUND


def _enlarged(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The middle of a picture, twice as large: there the search finds circles half as wide."""
    import cv2

    n_rows, n_cols = pixels.shape[:2]
    keep = min(1.0, (_LEVEL_AREA_PX / (n_rows * n_cols)) ** 0.5)
    row0, col0 = (int(n * (1 - keep) / 2) for n in (n_rows, n_cols))
    middle = pixels[row0 : n_rows - row0, col0 : n_cols - col0]
    return np.asarray(cv2.resize(middle, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)


class _Level(NamedTuple):
    """One level of the pyramid: the part of the photograph that is searched there, reduced."""

    pixels: NDArray[np.uint8]
    row0: int
    col0: int
    reduction: int


def _pyramid(pixels: NDArray[np.uint8]) -> list[_Level]:
    import cv2

    levels, reduced, reduction = [], pixels, 1
    while min(reduced.shape[:2]) >= _SMALLEST_SIDE_PX:
        n_rows, n_cols = reduced.shape[:2]
        keep = min(1.0, (_LEVEL_AREA_PX / (n_rows * n_cols)) ** 0.5)
        row0, col0 = (int(n * (1 - keep) / 2) for n in (n_rows, n_cols))
        middle = np.ascontiguousarray(reduced[row0 : n_rows - row0, col0 : n_cols - col0])
        levels.append(_Level(middle, row0, col0, reduction))
        half = cv2.resize(reduced, (n_cols // 2, n_rows // 2), interpolation=cv2.INTER_AREA)
        reduced, reduction = half.astype(np.uint8, copy=False), reduction * 2
    return levels


def _thumbnail(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    factor = _THUMBNAIL_SIDE_PX / max(pixels.shape[:2])
    if factor >= 1:
        return pixels
    n_rows, n_cols = (max(1, round(n * factor)) for n in pixels.shape[:2])
    return cv2.resize(pixels, (n_cols, n_rows), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _absorbance_tables(thumbnail: NDArray[np.uint8]) -> _Floats:
    """Absorbance of each byte value in each channel, shape (256, 3): 0 for the bright background."""
    bright = np.percentile(thumbnail.reshape(-1, 3), 97, axis=0)
    values = np.arange(256)[:, None]
    tables: _Floats = (np.log(bright + 4) - np.log(values + 4)).astype(np.float32)  # 4: stay finite
    return tables


def _absorbance(pixels: NDArray[np.uint8], tables: _Floats) -> _Floats:
    """Mean absorbance of green and blue light, float32 of the picture's shape."""
    green, blue = (tables[:, channel][pixels[..., channel]] for channel in (_GREEN, _BLUE))
    return (green + blue) * np.float32(0.5)


def _split(values: _Floats) -> _Contrast:
    """Otsu's threshold, the mean below it, and the distance between the means."""
    low, high = float(values.min()), float(values.max())
    if high - low < 1e-6:
        return _Contrast(low, low, 0.0)
    n, edges = np.histogram(values, 256, (low, high))
    middles = (edges[1:] + edges[:-1]) / 2
    n_below, sum_below = np.cumsum(n)[:-1], np.cumsum(n * middles)[:-1]
    n_above, sum_above = n.sum() - n_below, (n * middles).sum() - sum_below
    mean_below, mean_above = sum_below / np.maximum(n_below, 1), sum_above / np.maximum(n_above, 1)
    best = int(np.argmax(n_below * n_above * (mean_above - mean_below) ** 2))
    step = float(mean_above[best] - mean_below[best])
    return _Contrast(float(edges[best + 1]), float(mean_below[best]), step)


def _readings(absorbance: _Floats) -> list[_Contrast]:
    """One to three readings of what is cell and what is background.

    Dark white cells may take Otsu's first class for themselves and leave the red cells with the background.
    As long as the dark class is small, what remains is therefore split once more; which reading is right is
    settled later, by the circles that it finds.
    """
    readings: list[_Contrast] = []
    values = absorbance.ravel()
    while len(readings) < 3:
        reading = _split(values)
        background, dark = values[values <= reading.threshold], values[values > reading.threshold]
        if reading.step < _LEAST_CONTRAST:
            break
        if readings and not (
            reading.step > 0.06 * readings[-1].step
            and reading.step > 3 * float(background.std())
            and dark.size > 0.04 * values.size
        ):
            break
        readings.append(reading)
        if (absorbance > reading.threshold).mean() > 0.35 or background.size < 50:
            break
        values = background
    return readings


def _circles_on_level(level: _Level, tables: _Floats, contrast: _Contrast) -> _Circles:
    """Dark circles about 11 to 45 px wide on one level, in photograph pixels."""
    import cv2

    smooth = cv2.GaussianBlur(_absorbance(level.pixels, tables), (0, 0), 1.0)
    slopes = _Slopes(
        *(
            cv2.Scharr(smooth, cv2.CV_32F, dx, dy, scale=1 / (32 * contrast.step)).astype(np.float32, copy=False)
            for dx, dy in ((0, 1), (1, 0))
        )
    )
    row, col, radius, coverage = _fit_to_rays(*_voted_circles(slopes), slopes)
    green, blue = _disc_absorbance(row, col, radius, level.pixels, tables)
    circles = _Circles(
        (row + level.row0 + 0.5) * level.reduction - 0.5,
        (col + level.col0 + 0.5) * level.reduction - 0.5,
        radius * level.reduction,
        coverage,
        green,
        blue,
    )
    is_dark = (green + blue) / 2 > contrast.background + 0.4 * contrast.step
    return circles.where((coverage >= _LEAST_COVERAGE) & is_dark)


def _voted_circles(slopes: _Slopes) -> tuple[_Floats, _Floats, _Floats]:
    """Rows, columns and radii for which many edge points vote.

    Votes are kept at half resolution: the rays find the exact centre afterwards.
    """
    import cv2

    per_contrast = 2000.0
    down, right = (np.clip(one * per_contrast, -23000, 23000).astype(np.int16) for one in slopes)
    edges = cv2.Canny(right, down, 0.05 * per_contrast, 0.12 * per_contrast, L2gradient=True)
    row, col = np.nonzero(edges)
    down_here, right_here = slopes.down[row, col], slopes.right[row, col]
    length = np.hypot(down_here, right_here) + 1e-9
    n_rows, n_cols = (n // 2 + 1 for n in edges.shape)
    votes: list[_Floats] = []
    peaks: list[_Floats] = []
    for radius in _RADII_PX:
        centre_row = np.rint((row + radius * down_here / length) / 2).astype(np.intp)
        centre_col = np.rint((col + radius * right_here / length) / 2).astype(np.intp)
        inside = (centre_row >= 0) & (centre_col >= 0) & (centre_row < n_rows) & (centre_col < n_cols)
        flat = centre_row[inside] * n_cols + centre_col[inside]
        n_votes = np.bincount(flat, minlength=n_rows * n_cols).reshape(n_rows, n_cols).astype(np.float32)
        spread = 0.08 * radius
        blurred = cv2.GaussianBlur(n_votes, (0, 0), spread).astype(np.float32, copy=False)
        votes.append(blurred * np.float32(spread**2 / radius))
        side = 2 * int(radius / 4) + 1
        peaks.append(cv2.dilate(votes[-1], np.ones((side, side), np.uint8)).astype(np.float32, copy=False))
    found: list[tuple[NDArray[np.intp], NDArray[np.intp], _Floats]] = []
    for i, radius in enumerate(_RADII_PX):
        highest = np.max(peaks[max(i - 1, 0) : i + 2], axis=0)
        peak_row, peak_col = np.nonzero((votes[i] == highest) & (votes[i] > 0.06))
        best = np.argsort(-votes[i][peak_row, peak_col], kind="stable")[:300]
        found.append((peak_row[best], peak_col[best], np.full(best.size, radius, np.float32)))
    rows, cols, radii = map(np.concatenate, zip(*found, strict=True))
    return (rows * 2).astype(np.float32), (cols * 2).astype(np.float32), radii


def _fit_to_rays(
    row: _Floats, col: _Floats, radius: _Floats, slopes: _Slopes
) -> tuple[_Floats, _Floats, _Floats, _Floats]:
    """Centre, radius and coverage after looking for the edge along rays from each voted centre.

    The coverage is the share of rays whose steepest edge faces the centre and lies within 20 % of the median
    radius.
    """
    angle = np.arange(_N_RAYS, dtype=np.float32) * np.float32(2 * np.pi / _N_RAYS)
    rays = np.stack([np.sin(angle), np.cos(angle)])  # (down, right) of each ray
    for last in (False, True):
        distance, is_edge = _edges_on_rays(row, col, radius, slopes, rays)
        median = _median_where(distance, is_edge, radius)
        agrees = is_edge & (np.abs(distance - median[:, None]) < 0.2 * median[:, None])
        if not last:
            promising = agrees.mean(axis=1) > _LEAST_COVERAGE - 0.2
            row, col, radius = row[promising], col[promising], radius[promising]
            median = median[promising]
            beyond = ((distance[promising] - median[:, None]) * agrees[promising]) * (2 / _N_RAYS)
            row = row + np.clip((beyond * rays[0]).sum(axis=1), -0.2 * radius, 0.2 * radius)
            col = col + np.clip((beyond * rays[1]).sum(axis=1), -0.2 * radius, 0.2 * radius)
            radius = np.clip(median, 0.8 * radius, 1.25 * radius)
    n_agree = agrees.sum(axis=1)
    mean_square = (np.where(agrees, distance, 0) ** 2).sum(axis=1) / np.maximum(n_agree, 1)
    return row, col, np.sqrt(mean_square).astype(np.float32), (n_agree / _N_RAYS).astype(np.float32)


def _edges_on_rays(
    row: _Floats, col: _Floats, radius: _Floats, slopes: _Slopes, rays: _Floats
) -> tuple[_Floats, NDArray[np.bool_]]:
    """Distance of the steepest inward slope on each ray and whether it is a real edge; shape (N, rays)."""
    ray_down, ray_right = rays[:, :, None]
    down, right = slopes.down.ravel(), slopes.right.ravel()
    n_rows, n_cols = slopes.down.shape
    reach = radius[:, None, None] * _RAY_STEPS  # (N, 1, steps)
    at_row = np.rint(row[:, None, None] + reach * ray_down).astype(np.int32)
    at_col = np.rint(col[:, None, None] + reach * ray_right).astype(np.int32)
    inside = (at_row >= 0) & (at_col >= 0) & (at_row < n_rows) & (at_col < n_cols)
    flat = at_row.clip(0, n_rows - 1) * n_cols + at_col.clip(0, n_cols - 1)
    inward = -(down[flat] * ray_down + right[flat] * ray_right) * inside
    steepest = inward.argmax(axis=2)[..., None]
    slope = np.take_along_axis(inward, steepest, axis=2)[..., 0]
    here = np.take_along_axis(flat, steepest, axis=2)[..., 0]
    any_slope = np.hypot(down[here], right[here])
    distance = radius[:, None] * _RAY_STEPS[steepest[..., 0]]
    return distance, (slope > 0.06) & (slope > 0.75 * any_slope)


def _median_where(values: _Floats, chosen: NDArray[np.bool_], otherwise: _Floats) -> _Floats:
    """Median of the chosen values in each row (the lower one of a pair), or ``otherwise`` if none is."""
    if values.shape[0] == 0:
        return otherwise
    in_order = np.sort(np.where(chosen, values, np.inf), axis=1)
    n_chosen = chosen.sum(axis=1)
    median = in_order[np.arange(len(values)), np.maximum((n_chosen - 1) // 2, 0)]
    return np.where(n_chosen > 0, median, otherwise).astype(np.float32)


def _disc_absorbance(
    row: _Floats, col: _Floats, radius: _Floats, pixels: NDArray[np.uint8], tables: _Floats
) -> tuple[_Floats, _Floats]:
    """Mean absorbance of green and of blue light inside each circle, from 36 spots on three rings."""
    n_spots = (8, 12, 16)
    angle = np.concatenate([np.arange(n) * (2 * np.pi / n) for n in n_spots])
    reach = np.repeat([0.3, 0.55, 0.8], n_spots)
    at_row = np.rint(row[:, None] + radius[:, None] * reach * np.sin(angle)).astype(np.intp)
    at_col = np.rint(col[:, None] + radius[:, None] * reach * np.cos(angle)).astype(np.intp)
    spots = pixels[at_row.clip(0, pixels.shape[0] - 1), at_col.clip(0, pixels.shape[1] - 1)]
    green, blue = (tables[:, channel][spots[..., channel]].mean(axis=1) for channel in (_GREEN, _BLUE))
    return green.astype(np.float32, copy=False), blue.astype(np.float32, copy=False)


def _without_overlaps(circles: _Circles) -> _Circles:
    """Keep the better one of two circles whose centres are closer than 0.7 of their mean radius.

    Of two that are equally complete the larger is the better one.
    """
    order = np.argsort(-circles.coverage * circles.radius**0.1, kind="stable")
    ordered = circles.where(order)
    down, right = (values[:, None] - values[None, :] for values in (ordered.row, ordered.col))
    reach = 0.35 * (ordered.radius[:, None] + ordered.radius[None, :])
    rivals = down * down + right * right < reach * reach
    keep = np.ones(order.size, np.bool_)
    for i in range(order.size):
        if keep[i]:
            keep[i + 1 :] &= ~rivals[i, i + 1 :]
    return ordered.where(keep)


def _redness(circles: _Circles, thumbnail: NDArray[np.uint8], tables: _Floats, contrast: _Contrast) -> _Floats:
    """How surely each circle is not a white cell, 0 … 1.

    Haemoglobin takes up blue light as well as green, the purple stain of white cells takes up green only.
    The yardstick is the paler part of all that is darker than the background. Where only white cells or platelets are
    in view it fails; so what is as purple as no red cell, however stained, is refused outright.
    """
    green, blue = (tables[:, channel][thumbnail[..., channel]].ravel() for channel in (_GREEN, _BLUE))
    is_cell = (green + blue) / 2 > contrast.threshold
    green, blue = green[is_cell], blue[is_cell]
    paler = green <= _split(np.minimum(green, np.quantile(green, 0.98))).threshold
    if paler.mean() < 0.15:
        paler[:] = True
    usual_green = float(np.median(green[paler]))
    usual_blue_share = float(np.median(_blue_share(green, blue)[paler]))
    blueless = _blue_share(circles.green, circles.blue) / max(usual_blue_share, 0.05)
    darkness = circles.green / max(usual_green, 0.02)
    blue_share = _blue_share(circles.green, circles.blue)
    is_purple = (blue_share < 0.12) | ((blue_share < 0.32) & (circles.green > 0.9))
    return np.where(is_purple, np.float32(0), _step(blueless, 0.68, 14.0) * _step(darkness, 2.2, -5.0))


def _blue_share(green: _Floats, blue: _Floats) -> _Floats:
    """Blue absorbance as a share of the green, 0 … 3."""
    return (blue / np.maximum(green, 0.02)).clip(0, 3)


def _step(values: _Floats, middle: float, steepness: float) -> _Floats:
    """Soft step from 0 to 1 (or down, for a negative steepness)."""
    exponent = np.clip(-steepness * (values - middle), -50, 50)
    rise: _Floats = (1 / (1 + np.exp(exponent))).astype(np.float32)
    return rise


def _consensus(circles: _Circles, redness: _Floats) -> RedCellDiameter:
    """The diameter that most circles agree on.

    Circles weigh by how complete they are, by their redness and by their diameter, so that a crowd of
    platelets or specks does not outvote the red cells. From the densest place on the logarithmic scale, a mean in
    which distant circles fade out moves to the middle of the crowd: where few circles are found, one more or less
    then matters little.
    """
    log_diameter = np.log(2 * circles.radius.astype(np.float64))  # far from any circle, float32 would vanish
    quality = np.clip((circles.coverage - _LEAST_COVERAGE) / 0.4, 0, 1)
    count = np.maximum(quality, 0.02) ** 1.5 * redness
    weight = count * 2 * circles.radius
    places = np.arange(np.log(10), np.log(450), 0.02)
    density = (weight * np.exp(-0.5 * ((places[:, None] - log_diameter) / 0.12) ** 2)).sum(axis=1)
    total = float(weight.sum())
    if total <= 0:
        return _NOTHING_FOUND
    middle = float(places[density.argmax()])
    for _ in range(_N_SHIFTS):
        nearness = count * np.exp(-0.5 * ((log_diameter - middle) / 0.2) ** 2)
        middle = float(np.average(log_diameter, weights=nearness))
    near = np.abs(log_diameter - middle) < 0.25
    if not weight[near].any():
        return _NOTHING_FOUND
    n_cells = float((quality * redness)[near].sum())
    share = float(weight[near].sum()) / total
    completeness = float(np.average(quality[near], weights=weight[near]))
    if share + completeness < _LEAST_AGREEMENT:
        return _NOTHING_FOUND
    confidence = n_cells / (n_cells + 2) * share * min(1.0, completeness / 0.6)
    px = float(np.clip(np.exp(middle) * _OUTLINE_PER_EDGE, *RANGE_PX))
    return RedCellDiameter(px, confidence)
