"""Writing results: the five outputs of a run, which appear together or not at all.

==================  =====================================================
``counts.csv``      one row for a photograph (:mod:`.counts_csv`)
``cells.csv``       one row for a cell (:mod:`.cells_csv`)
``summary.csv``     one row for a cell type, all photographs together (:mod:`.summary_csv`)
``overlay/*.png``   the photograph with its cells drawn (:mod:`.overlay_png`)
``run.json``        what is needed to run it again (:mod:`.run_record`)
==================  =====================================================

On request there are the classes of white cells (``differential.csv``, :mod:`.differential_csv`) and the shapes of red
cells (``red-cells.csv``, :mod:`.red_cells_csv`), the cells in the formats of other programs (:mod:`.export.registry`),
and all of it as a report (:mod:`hemolens.output.report.run_report`).
"""

from __future__ import annotations

import csv
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from hemolens.cell_types import CellType
from hemolens.errors import OutputError
from hemolens.files.whole_file import WholeFiles, disk_errors_named
from hemolens.images.slides import is_slide
from hemolens.output import cells_csv, counts_csv, differential_csv, red_cells_csv, summary_csv
from hemolens.output.column import header
from hemolens.output.earlier_run import earlier_files
from hemolens.output.entries import Entry, name_entries
from hemolens.output.export import registry
from hemolens.output.options import OutputOptions
from hemolens.output.overlay import draw_overlay
from hemolens.output.overlay_png import png_bytes
from hemolens.output.results_folder import refuse_to_replace, result_names
from hemolens.output.run_record import NAME as RUN_NAME
from hemolens.output.run_record import PhotographRecord, RunRecord
from hemolens.statistics.differential import Differential
from hemolens.statistics.red_cells import RedCells
from hemolens.statistics.summary import CountedField, TypeSummary, join_classes, join_shapes, summarise

if TYPE_CHECKING:
    import _csv

    from hemolens.counted_image import CountedImage
    from hemolens.options import CountOptions
    from hemolens.output.report.run_report import RunReport

__all__ = ["RunFiles", "save_result"]


class RunFiles:
    """The files of one run, written photograph by photograph and shown when the run is over.

    A context manager: leaving it in good order shows the files, leaving it by an exception or after
    :meth:`discard` changes nothing in the folder. Of an earlier run ``run.json`` is removed first and
    that of this run is shown last, so that while it is there all five belong to one run.

    Parameters
    ----------
    folder : str or path
        Made when it does not exist.
    entries : sequence of Entry
        The photographs of the run.
    options : CountOptions
        How they are counted.
    output : OutputOptions, optional
        What else is written.
    command : mapping, optional
        Name and options of the command, for ``run.json``.
    overwrite : bool, default False
        Replace the results of an earlier run in the folder.

    Attributes
    ----------
    complete : bool
        False when the run was cut short; ``run.json`` says so.

    Raises
    ------
    UsageError
        Before anything is counted: the folder cannot be written to, holds results and may not be
        overwritten, or another run is writing into it; one of its files would replace a photograph of
        the run; or a format cannot be written.

    """

    def __init__(
        self,
        folder: str | PathLike[str],
        entries: Sequence[Entry],
        options: CountOptions,
        output: OutputOptions | None = None,
        command: Mapping[str, object] | None = None,
        *,
        overwrite: bool = False,
    ) -> None:
        self.folder = Path(folder)
        self.complete = True
        self.output = output or OutputOptions()
        self._exports = registry.ExportFiles(self.output.export, entries)
        self._report = _begin_report(len(entries)) if self.output.report else None
        self._record = RunRecord.begin(
            datetime.now(UTC).astimezone(), command=command, options=options, output=self.output.model_dump(mode="json")
        )
        self._fields: list[CountedField] = []
        self._started = time.perf_counter()
        self._missing = {entry.image: entry for entry in entries}
        self._open = ExitStack()
        self._tables: list[TextIO] = []
        self._is_discarded = False
        self._files = WholeFiles(self.folder)
        try:
            self._stale = earlier_files(self.folder)
            names = result_names(entries, self.output, options)
            refuse_to_replace(self.folder, names, self._stale, entries, overwrite=overwrite)
            with disk_errors_named(self.folder):
                (self._files.draft / "overlay").mkdir()
                self._counts = self._begin(counts_csv.NAME, header(counts_csv.COLUMNS))
                self._cells = self._begin(cells_csv.NAME, header(cells_csv.COLUMNS))
                self._exports.begin(self._files.draft)
        except BaseException:
            self.discard()
            raise

    @property
    def unfinished(self) -> list[Path]:
        """Folders with what killed runs had written; they were found when this run began."""
        return self._files.unfinished

    @property
    def is_published(self) -> bool:
        """Whether the files are shown."""
        return self._files.is_published

    @property
    def summary(self) -> dict[CellType, TypeSummary]:
        """What the photographs written so far say together."""
        return summarise(self._fields, self.output.site)

    @property
    def differential(self) -> Differential | None:
        """White cells by class on the photographs written so far; None where nobody asked for it."""
        return join_classes(self._fields)

    @property
    def red_cells(self) -> RedCells | None:
        """Measured red cells of the photographs written so far; None where nobody asked for their shape."""
        return join_shapes(self._fields)

    def add(self, entry: Entry, result: CountedImage) -> None:
        """Write a counted photograph; nothing of it is written when its overlay or an export cannot be made.

        Parameters
        ----------
        entry : Entry
        result : CountedImage

        Raises
        ------
        OutputError
            The disk is full, or has gone.

        """
        picture = png_bytes(draw_overlay(result))
        counts = counts_csv.counted_row(entry, result)
        exported = self._exports.contents(entry, result)
        reported = None if self._report is None else self._report.reported(entry.image, result)
        with disk_errors_named(self.folder):
            if not self._record.photographs:  # what is left of a killed run is known by it
                (self._files.draft / RUN_NAME).write_bytes(self._record.bytes())
            (self._files.draft / entry.overlay).write_bytes(picture)
            registry.write_on(self._files.draft, exported)
            self._cells.writerows(cells_csv.cell_rows(entry, result))  # row by row: a slide has very many
            self._counts.writerow(counts)
            self._flush()
        if self._report is not None and reported is not None:
            self._report.add(reported)
        del self._missing[entry.image]
        self._fields.append(result.numbers)
        self._record.photographs.append(PhotographRecord.counted(entry, result))

    def add_failure(self, entry: Entry, error: str) -> None:
        """Write a photograph that was not counted.

        Parameters
        ----------
        entry : Entry
        error : str
            Why, in one line.

        Raises
        ------
        OutputError
            The disk is full, or has gone.

        """
        with disk_errors_named(self.folder):
            self._counts.writerow(counts_csv.failed_row(entry, error))
            self._flush()
        if self._report is not None:
            from hemolens.output.report.page import FailedPhotograph

            self._report.add(FailedPhotograph(entry.image, error))
        del self._missing[entry.image]
        self._record.photographs.append(PhotographRecord.failed(entry, error))

    def cut_short(self, reason: str) -> None:
        """Say of every photograph not yet written that it was not counted; the run is not complete.

        Parameters
        ----------
        reason : str
            In one line.

        """
        self.complete = False
        for entry in list(self._missing.values()):
            for name in (entry.overlay, *self._exports.files(entry)):
                (self._files.draft / name).unlink(missing_ok=True)
            self.add_failure(entry, reason)

    def _flush(self) -> None:
        """Hand the rows to the system: a run that is killed has on the disk what it said to be counted."""
        for table in reversed(self._tables):  # the cells before the counts
            table.flush()

    def publish(self) -> None:
        """Show the files of this run in place of an earlier one's.

        Raises
        ------
        OutputError
            A file cannot be replaced; the message says where the finished ones are. Or the report cannot be made: then
            all else is written.

        """
        self._record.complete = self.complete
        self._record.seconds = round(time.perf_counter() - self._started, 3)
        report, fault = self._report_contents()
        self._record.report = list(report)
        try:
            with disk_errors_named(self.folder):
                self._open.close()
                self._exports.end(self._files.draft, self._record.photographs, self.summary)
                (self._files.draft / summary_csv.NAME).write_bytes(summary_csv.summary_bytes(self.summary))
                for name, table in self._tables_on_request().items():
                    (self._files.draft / name).write_bytes(table)
                for name, content in report.items():
                    (self._files.draft / name).write_bytes(content)
                (self._files.draft / RUN_NAME).write_bytes(self._record.bytes())
        except BaseException:
            self.discard()
            raise
        self._files.publish(stale=self._stale, last=RUN_NAME)
        if isinstance(fault, KeyboardInterrupt):
            raise fault
        if fault is not None:
            raise OutputError(
                "a bug in hemolens prevented the report",
                came=f"{type(fault).__name__}: {fault}",
                allowed="any run",
                do=f"please report it; everything else is in '{self.folder}'",
            ) from fault

    def _tables_on_request(self) -> dict[str, bytes]:
        tables = {}
        if (differential := self.differential) is not None:
            tables[differential_csv.NAME] = differential_csv.differential_bytes(differential)
        if (red_cells := self.red_cells) is not None:
            tables[red_cells_csv.NAME] = red_cells_csv.red_cells_bytes(red_cells)
        return tables

    def _report_contents(self) -> tuple[dict[str, bytes], Exception | KeyboardInterrupt | None]:
        """Make the report; what goes wrong with it, or that the user stops it, must not cost the counts."""
        if self._report is None:
            return {}, None
        try:
            return self._report.contents(self.summary, self._record), None
        except (Exception, KeyboardInterrupt) as fault:
            return {}, fault

    def discard(self) -> None:
        """Throw away what was written; an earlier run's files stay as they are."""
        with suppress(OSError):  # on a full disk closing fails, too
            self._open.close()
        self._files.discard()
        self._is_discarded = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.discard()
        elif not self._is_discarded:
            self.publish()

    def _begin(self, name: str, columns: Iterable[str]) -> _csv.Writer:
        file = self._open.enter_context((self._files.draft / name).open("w", encoding="utf-8", newline=""))
        self._tables.append(file)
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        return writer


def _begin_report(n_photographs: int) -> RunReport:
    from hemolens.output.report.run_report import RunReport

    return RunReport(n_photographs)


def save_result(
    result: CountedImage,
    folder: str | PathLike[str],
    output: OutputOptions | None = None,
    *,
    overwrite: bool = False,
) -> None:
    """Write the files of a run of one photograph.

    Parameters
    ----------
    result : CountedImage
    folder : str or path
        Made when it does not exist.
    output : OutputOptions, optional
        What else is written.
    overwrite : bool, default False
        Replace the results of an earlier run in the folder.

    Raises
    ------
    UsageError
        The folder cannot be written to, or holds results and may not be overwritten; a format does not exist or
        needs a library that is not installed.
    OutputError
        The disk is full, or a file cannot be replaced.

    """
    photograph = result.image
    if photograph.path is not None and is_slide(photograph.path):
        registry.refuse_slides(() if output is None else output.export, [photograph.name])
    (named,) = name_entries([photograph.path or photograph.name])
    entry = Entry(named.image, named.overlay, None if photograph.path is None else str(photograph.path))
    with RunFiles(folder, [entry], result.options, output, overwrite=overwrite) as files:
        files.add(entry, result)
