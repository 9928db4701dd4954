"""What one photograph adds to the files of a run, made by whatever process counted it.

Nothing in it depends on the photographs before: what does, such as the numbers of COCO's annotations, is settled when
:class:`~hemolens.output.run_files.RunFiles` appends it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hemolens.output import cells_csv, counts_csv
from hemolens.output.entries import Entry, Place
from hemolens.output.export import registry
from hemolens.output.export.export_format import Part
from hemolens.output.options import OutputOptions
from hemolens.output.overlay import draw_overlay
from hemolens.output.overlay_png import png_bytes
from hemolens.output.run_record import PhotographRecord
from hemolens.statistics.summary import CountedField

if TYPE_CHECKING:
    from hemolens.counted_image import CountedImage
    from hemolens.output.report.page import Reported


@dataclass(frozen=True, eq=False)
class PhotographOutput:
    """Everything that a run writes of one photograph, be it counted or not. It can be sent between processes.

    Attributes
    ----------
    entry : Entry
        What the photograph is called.
    place : Place
        In the run.
    record : PhotographRecord
        For ``run.json``; its ``error`` says why it was not counted.
    counts_row : tuple of str
        Its row of ``counts.csv``.
    numbers : CountedField or None
        What it adds to the summary; None where it was not counted, as are the fields below.
    warning : str
        What to know before believing the counts, in one line; empty when all is well.
    cells : bytes
        Its rows of ``cells.csv``.
    files : mapping
        Files that hold nothing but this photograph, such as its overlay: name in the output folder → content, or where
        a file with that content lies.
    parts : mapping
        Export format → what it adds to the files that it shares with others.
    reported : ReportedPhotograph, FailedPhotograph or None
        What the report has of it; None without a report.

    """

    entry: Entry
    place: Place
    record: PhotographRecord
    counts_row: tuple[str, ...]
    numbers: CountedField | None = None
    warning: str = ""
    cells: bytes = b""
    files: Mapping[str, bytes | Path] = field(default_factory=dict)
    parts: Mapping[str, Part] = field(default_factory=dict)
    reported: Reported | None = None


def counted_output(entry: Entry, result: CountedImage, output: OutputOptions, place: Place) -> PhotographOutput:
    """Make all that a run writes of a counted photograph.

    Parameters
    ----------
    entry : Entry
    result : CountedImage
    output : OutputOptions
        What is written as well.
    place : Place
        Of the photograph in its run.

    """
    return PhotographOutput(
        entry,
        place,
        PhotographRecord.counted(entry, result),
        counts_csv.counted_row(entry, result),
        result.numbers,
        _warning_of(result),
        _cells_of(entry, result),
        {entry.overlay: png_bytes(draw_overlay(result)), **registry.own_files(output.export, entry, result)},
        registry.parts_of(output.export, entry, result),
        _reported(entry, result, place) if output.report else None,
    )


def failed_output(entry: Entry, error: str, output: OutputOptions, place: Place) -> PhotographOutput:
    """Make all that a run writes of a photograph that was not counted.

    Parameters
    ----------
    entry : Entry
    error : str
        Why, in one line.
    output : OutputOptions
        What is written as well.
    place : Place
        Of the photograph in its run.

    """
    reported = _reported_failure(entry, error) if output.report else None
    return PhotographOutput(
        entry, place, PhotographRecord.failed(entry, error), counts_csv.failed_row(entry, error), reported=reported
    )


def _warning_of(result: CountedImage) -> str:
    """Say all there is to know before believing the counts; what concerns the scale is said once."""
    ruler = result.red_cell_diameter.warning
    said = ("scale", "warn") if ruler else None
    others = (each.words for each in result.quality.findings if (each.check, each.verdict) != said)
    return "; ".join(filter(None, [ruler, *others]))


def _cells_of(entry: Entry, result: CountedImage) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(cells_csv.cell_rows(entry, result))
    return text.getvalue().encode()


def _reported(entry: Entry, result: CountedImage, place: Place) -> Reported:
    from hemolens.output.report.run_report import reported

    return reported(entry.image, result, place)


def _reported_failure(entry: Entry, error: str) -> Reported:
    from hemolens.output.report.page import FailedPhotograph

    return FailedPhotograph(entry.image, error)
