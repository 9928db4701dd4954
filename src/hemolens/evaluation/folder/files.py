"""An evaluation → its files, which appear together or not at all.

==================  ========================================================================================
``evaluate.html``   the page, with its pictures inside
``evaluate.md``     the same page in Markdown, which shows the files in ``pictures``
``evaluate.json``   every figure as a record, and how it was measured
``evaluate.csv``    one row for a photograph: truth, count, true and false positives, false negatives by type
``pictures/``       plots (SVG) and the worst photographs (JPEG)
==================  ========================================================================================
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from hemolens import __version__
from hemolens.cell_types import CELL_TYPES
from hemolens.errors import UsageError, quoted
from hemolens.evaluation.agreement import bland_altman
from hemolens.evaluation.folder.evaluate import Evaluation
from hemolens.evaluation.folder.page import N_WORST, markdown_page, picture_name, plot_name, worst_photographs
from hemolens.evaluation.folder.picture import draw_comparison
from hemolens.evaluation.matching import OUTCOMES
from hemolens.evaluation.plots import bland_altman_plot, scatter_plot
from hemolens.evaluation.record import Record
from hemolens.files.spreadsheet import number, safe_text
from hemolens.files.whole_file import WholeFiles, disk_errors_named
from hemolens.images.photograph import read_photograph
from hemolens.output.report.cell_picture import jpeg_bytes
from hemolens.output.report.html_page import html_page

COLUMNS = ("truth", "count", *(outcome.replace(" ", "_") for outcome in OUTCOMES))
"""Of each cell type in ``evaluate.csv``."""

NAMES = ("evaluate.html", "evaluate.md", "evaluate.json", "evaluate.csv")
PICTURES = (
    *(plot_name(kind, plot) for kind in CELL_TYPES for plot in ("counts", "bland-altman")),
    *(picture_name(place) for place in range(1, N_WORST + 1)),
)
"""All that may be written; pictures of an earlier evaluation that this one lacks are removed."""


class EvaluationFiles:
    """The files of one evaluation; a context manager around it.

    Leaving it without :meth:`write` changes nothing in the folder.

    Parameters
    ----------
    folder : Path
        Made when it does not exist.
    labels : Path
        The labels that are read meanwhile.

    Raises
    ------
    UsageError
        Before anything is measured: the folder cannot be written to, or one of the files would replace the labels.

    """

    def __init__(self, folder: Path, labels: Path) -> None:
        for name in NAMES:
            if (folder / name).resolve() == labels.resolve():
                raise UsageError(
                    "the evaluation would replace its labels",
                    came=quoted(labels),
                    allowed=f"labels that are none of {', '.join(NAMES)} in the output folder",
                    do="choose another output folder",
                    option="out",
                )
        self.folder = folder
        self._files = WholeFiles(folder)
        self._is_written = False

    def __enter__(self) -> Self:
        return self

    def write(self, evaluation: Evaluation, records: Sequence[Record]) -> None:
        """Write everything.

        Raises
        ------
        OutputError
            The disk is full, or a file cannot be replaced.

        """
        pictures = draw_pictures(evaluation)
        page = markdown_page(evaluation, records)
        contents = {
            "evaluate.html": html_page(page, pictures).encode(),
            "evaluate.md": page.encode(),
            "evaluate.json": json_text(evaluation, records).encode(),
            "evaluate.csv": csv_text(evaluation).encode(),
            **pictures,
        }
        with disk_errors_named(self.folder):
            (self._files.draft / "pictures").mkdir()
            for name, content in contents.items():
                (self._files.draft / name).write_bytes(content)
        stale = [self.folder / name for name in PICTURES if name not in contents]
        self._is_written = True
        self._files.publish(stale, last="evaluate.html")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._is_written:
            self._files.discard()


def draw_pictures(evaluation: Evaluation) -> dict[str, bytes]:
    """Draw the plots and the worst photographs, by the names that the page has for them."""
    pictures: dict[str, bytes] = {}
    for kind in evaluation.types:
        names = [each.image for each in evaluation.photographs if kind in each.compared]
        truths = [row.truth for row in evaluation.of_type(kind)]
        counts = [row.count for row in evaluation.of_type(kind)]
        agreement = bland_altman(truths, counts)
        pictures[plot_name(kind, "counts")] = scatter_plot(names, truths, counts).encode()
        pictures[plot_name(kind, "bland-altman")] = bland_altman_plot(names, truths, counts, agreement).encode()
    for place, each in enumerate(worst_photographs(evaluation), start=1):
        pixels = read_photograph(each.path).pixels
        pictures[picture_name(place)] = jpeg_bytes(draw_comparison(pixels, each.compared))
    return pictures


def csv_text(evaluation: Evaluation) -> str:
    """Write a row for each photograph; what is unknown is empty."""
    header = ["image", "width", "height", "errors_per_cell"]
    for kind in CELL_TYPES:
        header += [f"{kind}_{column}" for column in COLUMNS]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    for each in evaluation.photographs:
        row = [safe_text(each.image), str(each.shape[1]), str(each.shape[0]), number(each.errors_per_cell, 4)]
        for kind in CELL_TYPES:
            comparison = each.compared.get(kind)
            if comparison is None:
                row += ["", str(getattr(each.counts, kind)), "", "", ""]
            else:
                judged = ["", "", ""] if comparison.detection is None else [str(n) for n in comparison.detection]
                row += [str(comparison.truth), str(comparison.count), *judged]
        writer.writerow(row)
    return buffer.getvalue()


def json_text(evaluation: Evaluation, records: Sequence[Record]) -> str:
    """Write every record, with what is needed to know what was measured."""
    run = {
        "hemolens": __version__,
        "labels": evaluation.labels,
        "labels_sha256": evaluation.labels_sha256,
        "types": evaluation.types,
        "frame_margin_px": evaluation.frame_margin_px,
        "photographs": [each.image for each in evaluation.photographs],
        "missing": evaluation.missing,
        "failures": evaluation.failures,
        "notes": evaluation.notes,
        "models": evaluation.models,
        "counters": evaluation.counters,
        "seconds": round(evaluation.seconds, 1),
    }
    return json.dumps({"run": run, "records": [record.model_dump() for record in records]}, indent=1) + "\n"
