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
import os
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO, TypeVar

from hemolens.cell_types import CellType
from hemolens.errors import ClusterError, OutputError, UsageError
from hemolens.files.whole_file import WholeFiles, bring, disk_errors_named, unfinished_folders
from hemolens.images.slides import is_slide
from hemolens.output import cells_csv, counts_csv, differential_csv, red_cells_csv, summary_csv
from hemolens.output.column import header
from hemolens.output.earlier_run import earlier_files
from hemolens.output.entries import Entry, Place, name_entries
from hemolens.output.export import registry
from hemolens.output.kept_photographs import NAME as KEPT_NAME
from hemolens.output.kept_photographs import KeptPhotographs, line_of
from hemolens.output.options import OutputOptions
from hemolens.output.photograph_output import PhotographOutput, counted_output, failed_output
from hemolens.output.results_folder import refuse_to_replace, result_names
from hemolens.output.run_record import NAME as RUN_NAME
from hemolens.output.run_record import RunRecord, ShardRecord, differences
from hemolens.output.shard import WHOLE, Shard
from hemolens.statistics.differential import Differential
from hemolens.statistics.red_cells import RedCells
from hemolens.statistics.summary import CountedField, TypeSummary, join_classes, join_shapes, summarise

if TYPE_CHECKING:
    import _csv

    from hemolens.counted_image import CountedImage
    from hemolens.options import CountOptions
    from hemolens.output.report.run_report import RunReport

__all__ = ["RunFiles", "save_result"]

Map = TypeVar("Map", bound=Mapping[Any, Any])


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
    resume : bool, default False
        Find out what unfinished runs in the folder have of the photographs. They are removed when this one is over.
    keep : bool, default False
        Leave what a later run needs to go on with this one, although it is complete.
    shard : Shard, optional
        The photographs that are written; `entries` are those of all shards.

    Attributes
    ----------
    kept : list of KeptPhotographs
        Unfinished runs that can be gone on with, the last one first.
    record : RunRecord
        How the photographs are counted, and what is known of those written so far.
    complete : bool
        False when the run was cut short; ``run.json`` says so.
    places : mapping
        Name of a photograph → its place in the run.

    Raises
    ------
    UsageError
        Before anything is counted: the folder cannot be written to, holds results and may not be
        overwritten, or another run is writing into it; one of its files would replace a photograph of
        the run; a format cannot be written; or all unfinished runs were counted in another way.

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
        resume: bool = False,
        keep: bool = False,
        shard: Shard = WHOLE,
    ) -> None:
        self.folder = Path(folder)
        self.complete = True
        self._keep = keep
        self.output = output or OutputOptions()
        self._exports = registry.ExportFiles(self.output.export, entries)
        self._report = _begin_report(options) if self.output.report else None
        self.record = RunRecord.begin(
            datetime.now(UTC).astimezone(), command=command, options=options, output=self.output.model_dump(mode="json")
        )
        self.record.shard = None if shard == WHOLE else ShardRecord.of_run(shard, entries)
        self._fields: list[CountedField] = []
        self._started = time.perf_counter()
        self._missing = {entry.image: entry for entry in shard.pick(entries)}
        self.places = {entry.image: Place(number, len(entries)) for number, entry in enumerate(entries, start=1)}
        self._open = ExitStack()
        self._is_discarded = False
        self._has_taken_over = False
        self._once: dict[tuple[Any, ...], Any] = {}
        self._files = WholeFiles(self.folder)
        try:
            self._stale = earlier_files(self.folder)
            self.kept = self._fitting_runs() if resume else []
            may_replace = overwrite or any(run.folder == self.folder for run in self.kept)
            names = result_names(shard.pick(entries), self.output, options)
            refuse_to_replace(self.folder, names, self._stale, entries, overwrite=may_replace)
            with disk_errors_named(self.folder):
                (self._files.draft / "overlay").mkdir()
                self._counts = self._begin(counts_csv.NAME, header(counts_csv.COLUMNS))
                self._cells = self._begin(cells_csv.NAME, header(cells_csv.COLUMNS))
                self._exports.begin(self._files.draft)
                self._lines = self._open.enter_context((self._files.draft / KEPT_NAME).open("ab"))
        except BaseException:
            self.discard()
            raise

    @property
    def unfinished(self) -> list[Path]:
        """Folders with what killed runs had written and this one does not go on with."""
        used = {run.folder for run in self.kept}
        return [folder for folder in self._files.unfinished if folder not in used]

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
        self.append(counted_output(entry, result, self.output, self.places[entry.image]))

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
        self.append(failed_output(entry, error, self.output, self.places[entry.image]))

    def append(self, photograph: PhotographOutput) -> None:
        """Write what some process has made of a photograph, behind those that were written before.

        Parameters
        ----------
        photograph : PhotographOutput

        Raises
        ------
        OutputError
            The disk is full, or has gone.

        """
        entry, draft = photograph.entry, self._files.draft
        with disk_errors_named(self.folder):
            if photograph.numbers is not None and not self._fields:  # what is left of a killed run is known by it
                (draft / RUN_NAME).write_bytes(self.record.bytes())
            sizes = {name: bring(draft / name, content) for name, content in photograph.files.items()}
            self._lines.write(line_of(photograph, sizes))
            self._lines.flush()
            os.fsync(self._lines.fileno())
            if photograph.numbers is not None:
                self._exports.append(draft, entry, photograph.parts)
                self._cells.write(photograph.cells.decode())
            _rows(self._counts).writerow(photograph.counts_row)
            self._cells.flush()  # the cells before the counts: a killed run has on the disk what it said to be counted
            self._counts.flush()
        if self._report is not None and photograph.reported is not None:
            self._report.add(photograph.reported)
        del self._missing[entry.image]
        if (numbers := photograph.numbers) is not None:
            self._fields.append(replace(numbers, errors=self._kept_once(numbers.errors)))
        models = self._kept_once(photograph.record.models)
        self.record.photographs.append(photograph.record.model_copy(update={"models": models}))

    def _kept_once(self, values: Map) -> Map:
        """Give what is equal to these values and was kept before: of thousands of photographs it is kept once."""
        kept: Map = self._once.setdefault(tuple(values.items()), values)
        return kept

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

    def publish(self) -> None:
        """Show the files of this run in place of an earlier one's.

        Raises
        ------
        OutputError
            A file cannot be replaced; the message says where the finished ones are. Or the report cannot be made: then
            all else is written.

        """
        self.record.complete = self.complete
        stays = self._keep or not self.complete or self.record.shard is not None
        self.record.seconds = round(time.perf_counter() - self._started, 3)
        report, fault = self._report_contents()
        self.record.report = list(report)
        try:
            with disk_errors_named(self.folder):
                self._open.close()
                if not stays:
                    (self._files.draft / KEPT_NAME).unlink()
                self._exports.end(self._files.draft, self.record.photographs, self.summary)
                (self._files.draft / summary_csv.NAME).write_bytes(summary_csv.summary_bytes(self.summary))
                for name, table in self._tables_on_request().items():
                    (self._files.draft / name).write_bytes(table)
                for name, content in report.items():
                    (self._files.draft / name).write_bytes(content)
                (self._files.draft / RUN_NAME).write_bytes(self.record.bytes())
        except BaseException as error:
            self._give_up(error)
            raise
        self._files.publish(stale=self._stale, last=RUN_NAME)
        self.remove_taken_over()
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
            return self._report.contents(self.summary, self.record), None
        except (Exception, KeyboardInterrupt) as fault:
            return {}, fault

    def remove_taken_over(self) -> None:
        """Remove the unfinished runs of which this one has all: the next one need not read them, too."""
        self._has_taken_over = bool(self.kept)
        for run in self.kept:
            if run.folder != self.folder:
                shutil.rmtree(run.folder, ignore_errors=True)

    def _fitting_runs(self) -> list[KeptPhotographs]:
        """Read what unfinished runs in the folder have, and refuse to go on where none was counted like this one."""
        folders = [self.folder, *unfinished_folders(self.folder)]
        runs = [KeptPhotographs(folder) for folder in folders if (folder / KEPT_NAME).is_file()]
        known = [(run, differences(run.record, self.record)) for run in runs if run.record is not None]
        fitting = [run for run, different in known if not different]
        if known and not fitting:
            run, different = known[-1]
            raise UsageError(
                "the unfinished run was counted in another way",
                came=f"another value of {', '.join(different)} than in '{run.folder / RUN_NAME}'",
                allowed="the options, models and versions that it was begun with",
                do="give these, or leave resume out to begin anew",
                option="resume",
            )
        return fitting[::-1]

    def _give_up(self, error: BaseException | None) -> None:
        """Throw away what was written, but what was counted before the disk was full or the cluster lost.

        A run can go on with that. Nor is thrown away what was taken over from runs that are removed.
        """
        is_kept = self._has_taken_over or isinstance(error, (OutputError, ClusterError))
        if not (is_kept and self._fields):
            self.discard()
            return
        with suppress(OSError):
            self._open.close()
        self._files.keep_unfinished()
        self._is_discarded = True

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
            self._give_up(error)
        elif not self._is_discarded:
            self.publish()

    def _begin(self, name: str, columns: Iterable[str]) -> TextIO:
        file = self._open.enter_context((self._files.draft / name).open("w", encoding="utf-8", newline=""))
        _rows(file).writerow(columns)
        return file


def _rows(table: TextIO) -> _csv.Writer:
    return csv.writer(table, lineterminator="\n")


def _begin_report(options: CountOptions) -> RunReport:
    from hemolens.output.report.run_report import RunReport

    return RunReport(options.methods, options.classifier_card)


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
