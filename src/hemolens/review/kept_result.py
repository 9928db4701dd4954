"""A counted image as bytes, and back: so that it can be drawn, exported and reported years later.

All is kept but the pixels. The cards and settings of the models are those that the image was counted with, although
another model may have their name by then.
"""

from __future__ import annotations

import zlib
from typing import Any, Literal, Self

import numpy as np
from pydantic import Field, ValidationError

from hemolens.cell_types import CellType
from hemolens.cells.counters import counter_named
from hemolens.counted_image import Review
from hemolens.errors import ReviewError, UsageError, quoted
from hemolens.images.box import Box
from hemolens.images.image import SmearImage
from hemolens.images.region import Region, region_of_corners
from hemolens.measurements.colours import MeasuredColours
from hemolens.measurements.field_of_view import FieldOfView
from hemolens.measurements.quality import Quality
from hemolens.measurements.scale import RedCellDiameter
from hemolens.models.card import ModelCard
from hemolens.models.classifier_card import ClassifierCard
from hemolens.models.method import Method, Methods
from hemolens.options import CountOptions
from hemolens.result import Result
from hemolens.review.records import CellRecord, Record, fault_of
from hemolens.statistics.counts import count_cells


class _RegionRecord(Record):
    polygons: list[list[list[list[float]]]]
    limits: _RegionRecord | None

    @classmethod
    def of(cls, region: Region) -> Self:
        return cls(polygons=region.corners(), limits=None if region.limits is None else cls.of(region.limits))

    def region(self) -> Region:
        limits = None if self.limits is None else self.limits.region()
        return Region(region_of_corners(self.polygons).polygons, limits)


class _FieldRecord(Record):
    region: _RegionRecord
    inside: tuple[Box, ...]
    share: float


class _MethodRecord(Record):
    model: str
    card: str
    """Its sha256 among the cards."""
    counter: str
    settings: dict[str, Any]


class _KeptResult(Record):
    """Everything of a counted image but its pixels, and what follows from the cells."""

    version: Literal[1] = 1
    """Rises when a field changes its meaning or goes away."""
    image_sha256: str
    options: dict[str, Any]
    cards: dict[str, ModelCard]
    methods: dict[CellType, _MethodRecord]
    field_of_view: _FieldRecord | None
    region: _RegionRecord | None
    cells: list[CellRecord]
    unlocated: dict[CellType, int] = Field(default_factory=dict)
    """Counts of the types whose cells were not located."""
    red_cell_diameter: RedCellDiameter
    background: tuple[float, float, float]
    red_cell_absorbance: tuple[float, float, float] | None
    quality: Quality
    seconds: float
    review: Review | None
    classifier: ClassifierCard | None = None

    @classmethod
    def of(cls, result: Result) -> Self:
        field, absorbance = result.field_of_view, result.colours.red_cell_absorbance
        return cls(
            image_sha256=result.image.sha256,
            options=result.options.model_dump(mode="json"),
            cards={each.card.digest: each.card for each in result.methods.values()},
            methods={
                kind: _MethodRecord(
                    model=each.model,
                    card=each.card.digest,
                    counter=each.counter,
                    settings=each.settings.model_dump(mode="json"),
                )
                for kind, each in result.methods.items()
            },
            field_of_view=None
            if field is None
            else _FieldRecord(region=_RegionRecord.of(field.region), inside=field.inside, share=field.share),
            region=None if result.region is None else _RegionRecord.of(result.region),
            cells=[CellRecord.of(cell) for cell in result.cells],
            unlocated=result.unlocated,
            red_cell_diameter=result.red_cell_diameter,
            background=result.colours.background.tolist(),
            red_cell_absorbance=None if absorbance is None else absorbance.tolist(),
            quality=result.quality,
            seconds=result.seconds,
            review=result.review,
            classifier=result.classifier,
        )

    def result(self, image: SmearImage) -> Result:
        methods, field, absorbance = self._methods(), self.field_of_view, self.red_cell_absorbance
        cells = [each.cell() for each in self.cells]
        return Result(
            image=image,
            options=_options(self.options, methods, self.classifier),
            methods=methods,
            field_of_view=None if field is None else FieldOfView(field.region.region(), field.inside, field.share),
            region=None if self.region is None else self.region.region(),
            cells=cells,
            counts=count_cells(cells, self.unlocated),
            red_cell_diameter=self.red_cell_diameter,
            colours=MeasuredColours(np.array(self.background), None if absorbance is None else np.array(absorbance)),
            quality=self.quality,
            seconds=self.seconds,
            review=self.review,
        )

    def _methods(self) -> Methods:
        return {
            kind: Method(
                each.model,
                self.cards[each.card],
                kind,
                each.counter,
                counter_named(each.counter).settings_model.model_validate(each.settings),
            )
            for kind, each in self.methods.items()
        }


def result_bytes(result: Result) -> bytes:
    """Write a counted image, its pixels left out.

    Parameters
    ----------
    result : Result

    Returns
    -------
    bytes
        JSON, compressed with zlib.

    """
    return zlib.compress(_KeptResult.of(result).model_dump_json().encode())


def read_result(data: bytes, image: SmearImage) -> Result:
    """Read a counted image.

    Parameters
    ----------
    data : bytes
        From :func:`result_bytes`.
    image : SmearImage
        The image that was counted; it may have another name by now.

    Returns
    -------
    Result
        With the same values. No model is needed to read, draw and write it.

    Raises
    ------
    ReviewError
        The data are damaged, another version of hemolens wrote them, or they are of another image.

    """
    try:
        kept = _KeptResult.model_validate_json(zlib.decompress(data))
        result = kept.result(image)
    except (zlib.error, ValidationError, UsageError, KeyError) as error:
        raise ReviewError(
            "a kept result cannot be read",
            came=fault_of(error) if isinstance(error, ValidationError) else quoted(error),
            allowed="what hemolens.review.kept_result.result_bytes of this version gives",
            do="count the image again",
        ) from error
    if kept.image_sha256 != image.sha256:
        raise ReviewError(
            "a kept result is of another image",
            came=f"sha256 {kept.image_sha256[:12]}…",
            allowed=f"that of {quoted(image.name)}, {image.sha256[:12]}…",
            do="take the image that was counted",
        )
    return result


def _options(fields: dict[str, Any], methods: Methods, classifier: ClassifierCard | None) -> CountOptions:
    """Give the options as they were, unchecked: the models that they name may be gone, or be others."""
    region = fields["region"]
    options = CountOptions.model_construct(
        **fields | {"models": tuple(fields["models"]), "region": None if region is None else region_of_corners(region)}
    )
    vars(options)["methods"] = methods
    vars(options)["classifier_card"] = classifier
    return options
