"""What a user may choose about counting: one object for every door."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from numbers import Real
from os import PathLike, fsdecode
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError, model_validator

from hemolens.errors import UsageError, quoted
from hemolens.images.region import Region, read_region, region_of_corners
from hemolens.measurements.scale import check_given_scale
from hemolens.models.classifier_card import ClassifierCard
from hemolens.models.method import AUTO, Methods, choose_methods
from hemolens.models.store import read_classifier_card
from hemolens.segmentation.classical_maps import segmentation_of

_LONGEST_INPUT = 200  # characters in a message; what is given may be a whole photograph


def _read_region(given: Any) -> Region | None:
    """Read a region in any of the ways in which :class:`CountOptions` takes it."""
    if given is None or isinstance(given, Region):
        return given
    if isinstance(given, str | PathLike):
        return read_region(fsdecode(given))
    try:
        if len(given) == 4 and all(isinstance(each, Real) for each in given):
            return read_region(",".join(str(float(each)) for each in given))
        region = region_of_corners(given)
        if region.borders and all(ring.shape[1:] == (2,) and np.isfinite(ring).all() for ring in region.borders):
            return region
    except (TypeError, ValueError, AttributeError, LookupError):
        pass  # it is no region, whatever else it is
    raise ValueError("four numbers x0, y0, x1, y1, their text, the name of a GeoJSON file, or corners of polygons")


def _names(given: Any) -> Any:
    """Take paths for names, and one for a tuple of one."""
    several = given if isinstance(given, Iterable) and not isinstance(given, str | bytes) else (given,)
    return tuple(fsdecode(each) if isinstance(each, PathLike) else each for each in several)


GivenRegion = Annotated[
    Region | None,
    BeforeValidator(_read_region),
    PlainSerializer(lambda region: None if region is None else region.corners()),
]


class CountOptions(BaseModel):
    """How an image is counted; all that the numbers depend on besides the image. Frozen, and checked when it is made.

    Attributes
    ----------
    models : tuple of str
        Names of shipped models or paths of others, for the cell types that they draw; the default model counts the
        other types.
    counter : str
        Name of a counter for all three types, or ``"auto"``: for each type the one that measured best.
    diameter_px : float or None
        Diameter of a usual red cell in pixels, 10 to 500, in place of the estimate.
    um_per_px : float or None
        µm per pixel, 0.015 to 0.75, in place of the estimate; only one of the two.
    region : Region or None
        Where cells are counted; everywhere without it. Given as a :class:`Region`, as four numbers x0, y0, x1, y1
        in pixels or their text, as the name of a GeoJSON file, or as the corners of polygons.
    plane : int or None
        Which plane of a file's stack is read, 1 … N; not needed where there is one. Pixels in memory have no planes.
    classifier : str or None
        Name of a shipped classifier, or path of another, that names the class of each white cell; none without it.
    red_cell_shapes : bool
        Measure the shape of each whole red cell that touches no other.

    Raises
    ------
    UsageError
        A value is out of its range, unknown or contradicts another.
    ModelError
        A model is missing or damaged, or cannot be counted with.

    Examples
    --------
    >>> CountOptions(diameter_px=80).model_dump()["diameter_px"]
    80.0

    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, arbitrary_types_allowed=True)

    models: Annotated[tuple[str, ...], BeforeValidator(_names)] = ()
    counter: str = AUTO
    diameter_px: float | None = None
    um_per_px: float | None = None
    region: GivenRegion = None
    plane: Annotated[int, Field(ge=1)] | None = None
    classifier: str | None = None
    red_cell_shapes: bool = False

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**given)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            name = ".".join(map(str, first["loc"]))
            raise UsageError(
                "an option is malformed",
                came=f"{name} = {quoted(str(first['input'])[:_LONGEST_INPUT])} ({first['msg']})",
                allowed="the options of hemolens.options.CountOptions",
                do="correct it",
                option=name.partition(".")[0],
            ) from error

    @model_validator(mode="after")
    def _check(self) -> CountOptions:
        check_given_scale(self.diameter_px, self.um_per_px)
        for method in self.methods.values():
            if method.card.segmentation:
                segmentation_of(method.card)
        _ = self.classifier_card
        return self

    @cached_property
    def methods(self) -> Methods:
        """How each cell type is counted with these options."""
        return choose_methods(self.counter, self.models)

    @cached_property
    def classifier_card(self) -> ClassifierCard | None:
        """What is known about the classifier of white cells; None without one."""
        return None if self.classifier is None else read_classifier_card(self.classifier)
