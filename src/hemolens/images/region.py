"""The part of a photograph in which cells are counted: a set of its pixels.

A pixel belongs to a region when its centre lies inside. So regions that share a border share no pixel, and leave none
out between them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from hemolens.errors import PhotographError, UsageError, quoted
from hemolens.files.text_file import read_option_file
from hemolens.images.box import Box
from hemolens.images.polygon import Ring, fill_polygon

MAX_CORNERS = 20_000
"""Most corners of a region."""

LARGEST_PX = 1e6
"""No coordinate is further from zero."""

_ALLOWED = "x0,y0,x1,y1 in pixels, or a GeoJSON file with a polygon, such as an annotation exported from QuPath"
_MEND = {"do": "correct it, or leave it out to count the whole photograph", "option": "region"}

_Point = Annotated[list[Annotated[float, Field(allow_inf_nan=False)]], Field(min_length=2, max_length=4)]
Rings = Annotated[list[list[_Point]], Field(min_length=1)]


class Polygon(BaseModel):
    """A polygon of GeoJSON (RFC 7946): its border, and the borders of its holes."""

    type: Literal["Polygon"]
    coordinates: Rings


class MultiPolygon(BaseModel):
    """Several polygons of GeoJSON that are one object."""

    type: Literal["MultiPolygon"]
    coordinates: list[Rings] = Field(min_length=1)


Geometry = Annotated[Polygon | MultiPolygon, Field(discriminator="type")]


class _Feature(BaseModel):
    type: Literal["Feature"]
    geometry: Geometry


class _Collection(BaseModel):
    type: Literal["FeatureCollection"]
    features: list[_Feature] = Field(min_length=1)


_FILE = TypeAdapter[_Collection | _Feature | list[_Feature] | Polygon | MultiPolygon](
    Annotated[
        _Collection | _Feature | Annotated[list[_Feature], Field(min_length=1)] | Polygon | MultiPolygon,
        Field(union_mode="left_to_right"),
    ],
    config=ConfigDict(allow_inf_nan=False, defer_build=True),
)


@dataclass(frozen=True, eq=False)
class Region:
    """One polygon or several; what lies in any of them is inside, what lies in a hole is not.

    Attributes
    ----------
    polygons : tuple of tuple of Ring
        Of each polygon its border and the borders of its holes.
    limits : Region or None
        What lies outside of these is not inside either.

    Examples
    --------
    >>> rectangle(1, 0, 3, 2).mask((2, 4)).astype(int).tolist()
    [[0, 1, 1, 0], [0, 1, 1, 0]]

    """

    polygons: tuple[tuple[Ring, ...], ...]
    limits: Region | None = None

    def mask(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        """Say of every pixel of a photograph whether it is inside.

        Parameters
        ----------
        shape : (int, int)
            Rows and columns of the photograph; what reaches out of it is cut off.

        Returns
        -------
        ndarray of bool, shape `shape`

        Raises
        ------
        PhotographError
            No pixel of the photograph is inside.

        """
        inside = self.within(Box(0, 0, *shape))
        if not inside.any():
            raise self.is_outside(shape)
        return inside

    def within(self, box: Box) -> NDArray[np.bool_]:
        """Say of every pixel of a box whether it is inside; of a slide there is no room for all at once.

        >>> rectangle(1, 0, 3, 2).within(Box(1, 2, 3, 4)).astype(int).tolist()
        [[1, 0], [0, 0]]
        """
        inside = np.zeros((box.row1 - box.row0, box.col1 - box.col0), bool)
        for rings in self.polygons:
            row0, col0, row1, col1 = around = _shared(rings, box)
            if row0 < row1 and col0 < col1:
                own = inside[row0 - box.row0 : row1 - box.row0, col0 - box.col0 : col1 - box.col0]
                own |= fill_polygon(rings, around)
        return inside if self.limits is None else inside & self.limits.within(box)

    def scaled(self, right: float, down: float) -> Region:
        """The same region on a picture that is so many times as wide and as high."""
        polygons = tuple(tuple(ring * (right, down) for ring in rings) for rings in self.polygons)
        return Region(polygons, None if self.limits is None else self.limits.scaled(right, down))

    @property
    def borders(self) -> list[Ring]:
        """Every closed line that bounds the region or its limits."""
        own = [ring for rings in self.polygons for ring in rings]
        return own if self.limits is None else own + self.limits.borders

    def corners(self) -> list[list[list[list[float]]]]:
        """Give the corners as JSON has them: polygons, of each its rings, of each x and y in pixels."""
        return [[ring.tolist() for ring in rings] for rings in self.polygons]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Lowest x and y and highest x and y of all corners."""
        x0, y0, x1, y1 = self._own_bounds
        if self.limits is None:
            return x0, y0, x1, y1
        left, top, right, bottom = self.limits.bounds
        return max(x0, left), max(y0, top), min(x1, right), min(y1, bottom)

    @cached_property
    def _own_bounds(self) -> tuple[float, float, float, float]:
        return _bounds_of([ring for rings in self.polygons for ring in rings])

    def is_outside(self, shape: tuple[int, int]) -> PhotographError:
        """Give the error for a photograph of which no pixel is inside."""
        x0, y0, x1, y1 = self.bounds
        return PhotographError(
            "the region contains no pixel of the photograph",
            came=f"x {x0:g} to {x1:g}, y {y0:g} to {y1:g}",
            allowed=f"x 0 to {shape[1]}, y 0 to {shape[0]}",
            **_MEND,
        )


def _bounds_of(rings: Sequence[Ring]) -> tuple[float, float, float, float]:
    """Lowest x and y and highest x and y."""
    corners = np.concatenate(rings)
    (x0, y0), (x1, y1) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    return x0, y0, x1, y1


def _shared(rings: Sequence[Ring], box: Box) -> Box:
    """The pixels of a box that a polygon can reach; none where the first row or column is not before the last."""
    x0, y0, x1, y1 = _bounds_of(rings)
    return Box(
        max(box.row0, math.floor(y0)),
        max(box.col0, math.floor(x0)),
        min(box.row1, math.ceil(y1)),
        min(box.col1, math.ceil(x1)),
    )


def rectangle(x0: float, y0: float, x1: float, y1: float) -> Region:
    """A region with straight sides: from (x0, y0) to (x1, y1) in pixels from the photograph's outer corner."""
    return Region(((np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], float),),))


def limited(region: Region | None, limits: Region) -> Region:
    """What lies in a region and within limits; the limits alone where there is no region."""
    return limits if region is None else Region(region.polygons, limits)


def region_of_corners(polygons: list[list[list[list[float]]]]) -> Region:
    """The region that :meth:`Region.corners` describes.

    >>> region_of_corners(rectangle(1, 0, 3, 2).corners()).bounds
    (1.0, 0.0, 3.0, 2.0)
    """
    return Region(tuple(tuple(np.array(ring, float) for ring in rings) for rings in polygons))


def read_region(text: str) -> Region:
    """Read a region: four numbers, or the name of a GeoJSON file.

    Parameters
    ----------
    text : str
        ``"x0,y0,x1,y1"`` in pixels, x to the right and y downwards from the outer corner of the photograph, or the name
        of a file with polygons in the same coordinates (QuPath's).

    Returns
    -------
    Region

    Raises
    ------
    UsageError
        The numbers are no rectangle, or the file cannot be read, is malformed, or holds no polygon, more than
        :data:`MAX_CORNERS` corners, or coordinates beyond :data:`LARGEST_PX`.

    Examples
    --------
    >>> int(read_region("10, 20, 110, 220").mask((300, 200)).sum())
    20000

    """
    sides = _four_numbers(text)
    if sides is None:
        return _read_geojson(text)
    x0, y0, x1, y1 = sides
    if not (x0 < x1 and y0 < y1 and max(map(abs, sides)) <= LARGEST_PX):  # NaN fails, too
        raise UsageError("the region is not a rectangle", came=quoted(text), allowed="x0 < x1 and y0 < y1", **_MEND)
    return rectangle(*sides)


def _four_numbers(text: str) -> tuple[float, float, float, float] | None:
    try:
        x0, y0, x1, y1 = map(float, text.split(","))
    except ValueError:
        return None
    return x0, y0, x1, y1


def _read_geojson(name: str) -> Region:
    text = read_option_file(name, what="a region", option="region")
    try:
        read = _FILE.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        came = quoted(f"{name}: {first['msg']}")
        raise UsageError("the file is not a region", came=came, allowed=_ALLOWED, **_MEND) from error
    polygons = tuple(
        tuple(np.array([point[:2] for point in ring], float).reshape(-1, 2) for ring in rings)
        for geometry in _geometries(read)
        for rings in ([geometry.coordinates] if isinstance(geometry, Polygon) else geometry.coordinates)
    )
    rings = [ring for polygon in polygons for ring in polygon]
    if sum(map(len, rings)) > MAX_CORNERS or any(len(ring) < 3 for ring in rings):
        came = f"{sum(map(len, rings))} corners, {min(map(len, rings))} in the smallest ring, in {quoted(name)}"
        allowed = f"at most {MAX_CORNERS} corners, at least 3 in each ring"
        raise UsageError("the region has too many or too few corners", came=came, allowed=allowed, **_MEND)
    largest = max(float(np.abs(ring).max()) for ring in rings)
    if largest > LARGEST_PX:
        came = f"{largest:g} in {quoted(name)}"
        raise UsageError("the region is too large", came=came, allowed=f"coordinates up to {LARGEST_PX:g}", **_MEND)
    return Region(polygons)


def _geometries(read: _Collection | _Feature | list[_Feature] | Polygon | MultiPolygon) -> Iterable[Geometry]:
    if isinstance(read, (Polygon, MultiPolygon)):
        return [read]
    if isinstance(read, _Feature):
        return [read.geometry]
    return [feature.geometry for feature in (read.features if isinstance(read, _Collection) else read)]
