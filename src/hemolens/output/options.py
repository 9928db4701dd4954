"""What a user may choose about the files of a run; none of it changes a count."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, field_validator

from hemolens.cell_types import CellType
from hemolens.output.export.registry import check_formats
from hemolens.statistics.site import SiteFactor


class OutputOptions(BaseModel):
    """What is written besides the tables, the overlays and ``run.json``. Frozen, and checked when it is made.

    Attributes
    ----------
    export : tuple of str
        Formats of other programs: names of :data:`hemolens.output.export.registry.FORMATS`.
    site : mapping
        Cell type → factor of the microscope, for estimates per microlitre in ``summary.csv``.
    report : bool
        Whether ``report.html`` and ``report.pdf`` are written.

    Raises
    ------
    UsageError
        A format does not exist, or needs a library that is not installed.

    Examples
    --------
    >>> OutputOptions(export=("yolo", "coco", "yolo")).export
    ('coco', 'yolo')

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    export: tuple[str, ...] = ()
    site: dict[CellType, SiteFactor] = {}
    report: bool = False

    @field_validator("export")
    @classmethod
    def _can_be_written(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(check_formats(names))
