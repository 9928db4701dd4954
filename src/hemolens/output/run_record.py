"""``run.json``: what is needed to run it again, as a typed record.

:class:`RunRecord` is the schema: who writes, shows or reads a run uses it. ``schema_version`` rises when a field
changes its meaning or goes away; a new field leaves it as it is.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, TypeAdapter

from hemolens import RESEARCH_USE_ONLY, __version__
from hemolens.cell_types import CellType
from hemolens.counted_image import CountedImage, Review
from hemolens.measurements.colours import FACTORS, factors
from hemolens.measurements.quality import Verdict
from hemolens.measurements.scale import Origin, RedCellDiameter
from hemolens.models.classifier_card import ClassifierCard
from hemolens.models.method import Method
from hemolens.options import CountOptions
from hemolens.output.entries import Entry
from hemolens.output.shard import Shard

NAME = "run.json"
LIBRARIES = (
    "numpy",
    "onnxruntime",
    "opencv-python-headless",
    "pillow",
    "tifffile",
)


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid")


class MethodRecord(_Record):
    """How a cell type was counted."""

    model: str
    """Name in its card."""
    sha256: str
    """Of the model's weights; of its card where it has none."""
    counter: str
    settings: dict[str, Any]
    locates_cells: bool = True
    """False where only the number of cells is known."""

    @classmethod
    def of(cls, method: Method) -> Self:
        """Describe a method."""
        settings = method.settings.model_dump(mode="json")
        return cls(
            model=method.card.name,
            sha256=method.card.digest,
            counter=method.counter,
            settings=settings,
            locates_cells=method.locates_cells,
        )


class ClassifierRecord(_Record):
    """What named the classes of white cells."""

    model: str
    """Name in its card."""
    sha256: str
    least_probability: float
    """A cell whose likeliest class is less likely is ``unsure``."""

    @classmethod
    def of(cls, card: ClassifierCard) -> Self:
        """Describe a classifier."""
        return cls(model=card.name, sha256=card.sha256, least_probability=card.least_probability)


class ScaleRecord(_Record):
    """The red-cell diameter, and what the photograph itself says where something else was given."""

    red_cell_diameter_px: float
    origin: Origin
    estimate_px: float | None
    """None where no red cell was found to measure."""
    estimate_confidence: float
    warning: str

    @classmethod
    def of(cls, diameter: RedCellDiameter) -> Self:
        """Describe a diameter."""
        estimate = diameter.estimate or diameter
        return cls(
            red_cell_diameter_px=diameter.px,
            origin=diameter.origin,
            estimate_px=None if estimate.origin == "fallback" else estimate.px,
            estimate_confidence=estimate.confidence,
            warning=diameter.warning,
        )


class ColoursRecord(_Record):
    """What was measured of the colours, and by what each absorbance was multiplied within which limits."""

    background: tuple[float, float, float]
    """R, G, B, 0 … 255."""
    red_cell_absorbance: tuple[float, float, float] | None
    """R, G, B; None where it could not be measured."""
    factors: dict[CellType, tuple[float, float, float]]
    """Of the cell types whose model has the colours standardised."""
    limits: tuple[float, float]

    @classmethod
    def of(cls, result: CountedImage) -> Self:
        """Describe the colours of a counted image."""
        measured, red_cells = result.colours, result.colours.red_cell_absorbance
        return cls(
            background=measured.background.round(1).tolist(),
            red_cell_absorbance=None if red_cells is None else red_cells.round(4).tolist(),
            factors={
                kind: factors(method.colours, measured).round(4).tolist()
                for kind, method in result.methods.items()
                if method.colours is not None
            },
            limits=FACTORS,
        )


class QualityRecord(_Record):
    """The verdict, its reasons, and every measure that it was based on."""

    verdict: Verdict
    reasons: list[str]
    measures: dict[str, float]


class ReviewRecord(_Record):
    """What people have corrected, compared with the model's result, and who stands up for the counts."""

    n_added: int
    n_removed: int
    n_changed: int
    n_checked: int
    by: list[str]
    signed_by: str | None
    signed_at: str | None
    """ISO 8601, with the time zone."""
    comment: str

    @classmethod
    def of(cls, review: Review) -> Self:
        """Describe a review."""
        return cls(
            n_added=review.n_added,
            n_removed=review.n_removed,
            n_changed=review.n_changed,
            n_checked=review.n_checked,
            by=list(review.by),
            signed_by=review.signed_by,
            signed_at=None if review.signed_at is None else review.signed_at.isoformat(timespec="seconds"),
            comment=review.comment,
        )


class PhotographRecord(_Record):
    """One photograph of the run: the file and its bytes, and what was measured on it, not its counts.

    Of one that was not counted only `image`, `path` and `error` are known.
    """

    image: str
    path: str | None
    """As the user gave it; None for an array."""
    sha256: str | None = None
    width: int | None = None
    height: int | None = None
    um_per_px: float | None = None
    """As the file states it."""
    scale: ScaleRecord | None = None
    field_of_view: list[list[list[list[float]]]] | None = None
    """Corners of the part that shows the smear: polygons, of each its rings, x and y in pixels; None for all of it."""
    colours: ColoursRecord | None = None
    quality: QualityRecord | None = None
    overlay: str | None = None
    review: ReviewRecord | None = None
    """None for what the model alone has counted."""
    models: dict[CellType, str] = {}
    """Of each cell type the sha256 of the model that counted it: in results of a service not always that of the run."""
    error: str | None = None
    """Why it was not counted, in one line."""

    @classmethod
    def counted(cls, entry: Entry, result: CountedImage) -> Self:
        """Describe a counted photograph."""
        height, width = result.image.shape
        quality = result.quality
        return cls(
            image=entry.image,
            path=_readable(entry.given),
            sha256=result.image.sha256,
            width=width,
            height=height,
            um_per_px=result.image.um_per_px,
            scale=ScaleRecord.of(result.red_cell_diameter),
            field_of_view=None if result.field_of_view is None else result.field_of_view.region.corners(),
            colours=ColoursRecord.of(result),
            quality=QualityRecord(
                verdict=quality.verdict,
                reasons=[finding.words for finding in quality.findings],
                measures=quality.measures,
            ),
            overlay=entry.overlay,
            review=None if result.review is None else ReviewRecord.of(result.review),
            models={kind: method.card.digest for kind, method in result.methods.items()},
        )

    @classmethod
    def failed(cls, entry: Entry, error: str) -> Self:
        """Describe a photograph that was not counted, and why, in one line."""
        return cls(image=entry.image, path=_readable(entry.given), error=error)


class ShardRecord(_Record):
    """A part of a run: every so many photographs, by their places in its list."""

    number: int
    """From 1."""
    of: int
    list_sha256: str
    """Of the names of all photographs of the run, a line for each: of the same list all shards have the same."""

    @classmethod
    def of_run(cls, shard: Shard, entries: Sequence[Entry]) -> Self:
        """Describe a shard of a run."""
        names = "".join(f"{entry.image}\n" for entry in entries)
        return cls(number=shard.number, of=shard.of, list_sha256=hashlib.sha256(names.encode()).hexdigest())


class CountingFrame(_Record):
    """Sides of an image or a region whose cells are counted, and whose are not (:mod:`hemolens.statistics.counts`)."""

    included: tuple[str, ...] = ("right", "lower")
    excluded: tuple[str, ...] = ("left", "upper")


class RunRecord(_Record):
    """One run: with which program, options, models and files it was done."""

    schema_version: Literal[1] = 1
    hemolens: str = __version__
    python: str
    system: str
    libraries: dict[str, str | None]
    started: str
    """ISO 8601, with the time zone."""
    seconds: float | None = None
    complete: bool = False
    """False when the run was cut short."""
    command: dict[str, Any] | None
    """Name and options of the command as the user gave them; None for a call from Python."""
    options: dict[str, Any]
    """Of :class:`hemolens.options.CountOptions`."""
    output: dict[str, Any]
    """Of :class:`hemolens.output.options.OutputOptions`."""
    methods: dict[CellType, MethodRecord] = {}
    """Empty until a photograph was counted."""
    shard: ShardRecord | None = None
    """Which part of the photographs was counted; None for all of them."""
    classifier: ClassifierRecord | None = None
    """None where nobody asked for the classes of white cells."""
    report: list[str] = []
    """Names of the report's files that were written."""
    counting_frame: CountingFrame = CountingFrame()
    photographs: list[PhotographRecord] = []
    note: str = RESEARCH_USE_ONLY

    @classmethod
    def begin(
        cls,
        started: datetime,
        *,
        command: Mapping[str, object] | None = None,
        options: CountOptions,
        output: Mapping[str, object],
    ) -> Self:
        """Begin the record of a run; what was counted is still empty.

        Parameters
        ----------
        started : datetime
            With its time zone.
        command : mapping, optional
            Name of the command and its options as the user gave them; None for a call from Python.
        options : CountOptions
        output : mapping
            Of :class:`hemolens.output.options.OutputOptions`.

        """
        return cls(
            python=platform.python_version(),
            system=f"{platform.system()} {platform.machine()}",
            libraries=library_versions(),
            started=started.isoformat(timespec="seconds"),
            command=None if command is None else {name: _readable(value) for name, value in command.items()},
            options=options.model_dump(mode="json"),
            output=dict(output),
            methods={kind: MethodRecord.of(method) for kind, method in options.methods.items()},
            classifier=None if options.classifier_card is None else ClassifierRecord.of(options.classifier_card),
        )

    def bytes(self) -> bytes:
        """Write the record as JSON.

        Returns
        -------
        bytes
            UTF-8, indented.

        """
        return TypeAdapter(type(self)).dump_json(self, indent=2) + b"\n"  # not by way of dicts: a run may be long


def library_versions() -> dict[str, str | None]:
    """Name of each library that the numbers depend on → its version here, None where it is not installed."""
    return {name: _version(name) for name in LIBRARIES}


def differences(one: RunRecord, other: RunRecord) -> list[str]:
    """Name what two runs must share if their photographs are to stand in one table, and do not.

    Returns
    -------
    list of str
        Fields of :class:`RunRecord`; empty when all is alike.

    """
    shared = ("hemolens", "libraries", "options", "output", "methods")
    return [name for name in shared if getattr(one, name) != getattr(other, name)]


def read_run(folder: Path) -> RunRecord | None:
    """Read the record of an earlier run in a folder.

    Returns
    -------
    RunRecord or None
        None when there is none, or it cannot be understood.

    """
    try:
        if not (folder / NAME).is_file():  # to open a pipe would wait for ever
            return None
        return RunRecord.model_validate_json((folder / NAME).read_bytes())
    except (OSError, ValueError):
        return None


def _readable(value: Any) -> Any:
    """Write bytes of a path that are no text as escapes."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    return [_readable(each) for each in value] if isinstance(value, (list, tuple)) else value


def _version(library: str) -> str | None:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None
