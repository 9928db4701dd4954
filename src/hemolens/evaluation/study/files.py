"""A study → its files, which appear together or not at all.

=================  =================================================================================================
``validate.html``  the page, with its plots inside
``validate.json``  every figure as a record, and what was compared
``validate.csv``   one row for a photograph (reference, count, difference by type), or for a class of white cells
=================  =================================================================================================
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from hemolens import RESEARCH_USE_ONLY, __version__
from hemolens.errors import UsageError, quoted
from hemolens.evaluation.agreement import bland_altman
from hemolens.evaluation.passing_bablok import passing_bablok
from hemolens.evaluation.plots import bland_altman_plot, regression_plot
from hemolens.evaluation.record import Record
from hemolens.evaluation.study.classes import ClassStudy
from hemolens.evaluation.study.classes_page import classes_csv, markdown_classes
from hemolens.evaluation.study.page import markdown_page, plot_name
from hemolens.evaluation.study.pairs import Study
from hemolens.files.spreadsheet import safe_text
from hemolens.files.whole_file import write_all
from hemolens.output.report.html_page import html_page

NAMES = ("validate.html", "validate.json", "validate.csv")


def check_kept(folder: Path, tables: Sequence[Path]) -> None:
    """Refuse a folder in which the files would replace one of the tables that are read.

    Raises
    ------
    UsageError

    """
    for table in tables:
        if table.resolve() in {(folder / name).resolve() for name in NAMES}:
            raise UsageError(
                "the study would replace what it compares",
                came=quoted(table),
                allowed=f"tables that are none of {', '.join(NAMES)} in the output folder",
                do="choose another output folder",
                option="out",
            )


def write_study(study: Study, records: Sequence[Record], folder: Path) -> None:
    """Write everything.

    Raises
    ------
    UsageError
        The folder cannot be written to.
    OutputError
        The disk is full, or a file cannot be replaced.

    """
    page = html_page(markdown_page(study, records), draw_plots(study))
    photographs: dict[str, int] = {kind: len(pairs.names) for kind, pairs in study.pairs.items()}
    _publish(page, json_text(study, photographs, records), csv_text(study), folder)


def write_class_study(study: ClassStudy, records: Sequence[Record], folder: Path) -> None:
    """Write everything of a study of classes; errors as of :func:`write_study`."""
    page, photographs = html_page(markdown_classes(study), {}), {"wbc": len(study.names)}
    _publish(page, json_text(study, photographs, records), classes_csv(study), folder)


def _publish(page: str, records: str, table: str, folder: Path) -> None:
    contents = zip(NAMES, (page.encode(), records.encode(), table.encode()), strict=True)
    write_all(folder, dict(contents), last="validate.html")


def draw_plots(study: Study) -> dict[str, bytes]:
    """Draw both plots of each type, by the names that the page has for them."""
    plots = {}
    for kind, pairs in study.pairs.items():
        own = pairs.names, pairs.reference, pairs.counts
        agreement, line = bland_altman(*own[1:]), passing_bablok(*own[1:])
        plots[plot_name(kind, "regression")] = regression_plot(*own, line).encode()
        plots[plot_name(kind, "bland-altman")] = bland_altman_plot(*own, agreement, "reference count").encode()
    return plots


def csv_text(study: Study) -> str:
    """Write a row for each photograph; a type that was not counted by both is empty."""
    rows: dict[str, dict[str, str]] = {}
    columns = ["image"]
    for kind, pairs in study.pairs.items():
        columns += [f"{kind}_reference", f"{kind}_count", f"{kind}_difference"]
        for name, reference, count in zip(pairs.names, pairs.reference, pairs.counts, strict=True):
            row = rows.setdefault(name, {"image": safe_text(name)})
            row |= zip(columns[-3:], map(str, (reference, count, count - reference)), strict=True)
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows.values())
    return buffer.getvalue()


def json_text(study: Study | ClassStudy, photographs: Mapping[str, int], records: Sequence[Record]) -> str:
    """Write every record, with what was compared."""
    run = {
        "hemolens": __version__,
        "notice": RESEARCH_USE_ONLY,
        "counts": study.counts._asdict(),
        "reference": study.reference._asdict(),
        "photographs": photographs,
        "notes": study.notes,
    }
    rows = [record.model_dump(exclude={"change"}) for record in records]
    return json.dumps({"run": run, "records": rows}, indent=1) + "\n"
