"""Counting photographs into one output folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path

from hemolens.batch.found_photographs import find_photographs
from hemolens.batch.photograph_task import Candidate, Counting, PhotographTask, count_here
from hemolens.batch.resumed import count_the_others
from hemolens.cell_types import CellType
from hemolens.errors import PhotographError
from hemolens.images.slides import is_slide
from hemolens.measurements.quality import Verdict
from hemolens.options import CountOptions
from hemolens.output.entries import name_entries
from hemolens.output.export.registry import refuse_slides
from hemolens.output.options import OutputOptions
from hemolens.output.photograph_output import PhotographOutput
from hemolens.output.results_folder import free_folder, result_names
from hemolens.output.run_files import RunFiles
from hemolens.output.shard import WHOLE, Shard
from hemolens.statistics.counts import Counts
from hemolens.statistics.differential import Differential
from hemolens.statistics.red_cells import RedCells
from hemolens.statistics.summary import TypeSummary

INTERRUPTED = "not counted: the user stopped the run before"


@dataclass(frozen=True)
class Outcome:
    """What became of one photograph.

    Attributes
    ----------
    image : str
        Its name in the outputs.
    counts : Counts or None
        None when it was not counted.
    error : str
        Why it was not, in one line; empty when it was.
    warning : str
        What to know before believing the counts, in one line; empty when all is well.
    verdict : {"accept", "warn", "reject"} or None
        Whether the photograph is fit to be counted; None when it was not counted.

    """

    image: str
    counts: Counts | None
    error: str
    warning: str = ""
    verdict: Verdict | None = None

    @classmethod
    def of(cls, photograph: PhotographOutput) -> Outcome:
        """Take out of what is written of a photograph what there is to tell."""
        image, numbers = photograph.entry.image, photograph.numbers
        if numbers is None:
            return cls(image, None, photograph.record.error or "")
        return cls(image, numbers.counts, "", photograph.warning, numbers.verdict)


@dataclass(frozen=True)
class BatchOutcome:
    """What became of a run.

    Attributes
    ----------
    outcomes : list of Outcome
        One for each photograph that was reached, in order.
    folder : Path or None
        Where the results are: the folder that was asked for, or a numbered one beside it if that holds the results of
        an earlier run. None when nothing was counted, and the folder is as it was.
    unfinished : list of Path
        Folders with what killed runs had counted, found on the way.
    interrupted : bool
        True when the user stopped the run.
    summary : dict
        What the counted photographs say together, for each cell type, if they are fields of one smear.
    output : OutputOptions
        What was written as well.
    differential : Differential or None
        Their white cells by class; None where nobody asked for it.
    red_cells : RedCells or None
        Their measured red cells; None where nobody asked for their shape.

    """

    outcomes: list[Outcome]
    folder: Path | None
    unfinished: list[Path]
    interrupted: bool
    summary: Mapping[CellType, TypeSummary]
    output: OutputOptions
    differential: Differential | None = None
    red_cells: RedCells | None = None


@dataclass(frozen=True)
class Candidates:
    """The photographs of a run.

    Attributes
    ----------
    each : list of Candidate
        In the order of the arguments; those that name no photograph are among them, with the reason.
    passed_over : str
        What in the folders was passed over, such as ``2 .heic, 1 folder (--recursive)``; empty when nothing was.

    """

    each: list[Candidate]
    passed_over: str = ""


def find_candidates(arguments: Sequence[str | PathLike[str]], *, recursive: bool = False) -> Candidates:
    """Find the photographs that files, folders and patterns name.

    Parameters
    ----------
    arguments : sequence of str or path
    recursive : bool, default False
        Search the folders inside a folder, too.

    Returns
    -------
    Candidates

    """
    found = find_photographs([fspath(argument) for argument in arguments], recursive=recursive)
    items = found.photographs
    names = [item.argument if isinstance(item.found, PhotographError) else str(item.found) for item in items]
    entries = name_entries(names)
    each = [Candidate(entry, item.found) for entry, item in zip(entries, items, strict=True)]
    return Candidates(each, found.passed_over)


def count_photographs(
    candidates: Candidates,
    folder: str | PathLike[str],
    options: CountOptions,
    output: OutputOptions | None = None,
    command: Mapping[str, object] | None = None,
    *,
    overwrite: bool = False,
    resume: bool = False,
    keep: bool = False,
    shard: Shard = WHOLE,
    counting: Counting = count_here,
    each: Callable[[Outcome], None] = lambda outcome: None,
) -> BatchOutcome:
    """Count photographs and write their outputs.

    A photograph that fails has its reason in ``counts.csv``; the others are still counted. When the
    user interrupts, what was counted is kept, and the rows of the others say that they were not.
    The results of an earlier run are kept, too, unless they may be overwritten; and where nothing is
    counted, an existing folder stays as it is.

    Parameters
    ----------
    candidates : Candidates
    folder : str or path
        The output folder; if it holds results, they stay, and those of this run go into a numbered one beside it.
    options : CountOptions
        How all of them are counted; a photograph that has no pixel of the region fails.
    output : OutputOptions, optional
        What is written as well.
    command : mapping or None
        Name and options of the command, for ``run.json``.
    overwrite : bool, default False
        Replace the results of an earlier run in the folder instead.
    resume : bool, default False
        Go on with what unfinished runs in the folder have counted in the same way; what is no longer the same
        photograph, or is not there whole, is counted anew.
    keep : bool, default False
        Leave what a later run needs to go on with this one, when photographs have come.
    shard : Shard, optional
        Count and write only these of the photographs; :mod:`hemolens.batch.shards` puts them together.
    counting : callable, optional
        Where they are counted: in this process, one after the other, or as :mod:`hemolens.batch.workers` does it.
    each : callable
        Called with the outcome of each photograph as soon as it is known.

    Returns
    -------
    BatchOutcome

    Raises
    ------
    UsageError, ModelError
        The folder cannot be written to, a format cannot be written of slides, or no photograph can be counted in this
        way; nothing in the folder has changed.
    OutputError
        The disk is full, or has gone.
    KeyboardInterrupt
        The user stopped the run before anything was counted; nothing in the folder has changed.

    """
    output = output or OutputOptions()
    refuse_slides(output.export, (each.entry.image for each in candidates.each if _is_slide(each)))
    outcomes: list[Outcome] = []
    entries = [candidate.entry for candidate in candidates.each]
    wanted = Path(folder)
    existed = os.path.lexists(wanted)
    names = result_names(shard.pick(entries), output, options)
    place = wanted if overwrite or resume else free_folder(wanted, names)
    files = RunFiles(
        place, entries, options, output, command, overwrite=overwrite, resume=resume, keep=keep, shard=shard
    )
    try:
        with files:
            try:
                tasks = [PhotographTask(it, options, output, files.places[it.entry.image]) for it in candidates.each]
                own = shard.pick(tasks)
                with closing(count_the_others(own, files.kept, counting, files.remove_taken_over)) as counted:
                    for photograph in counted:
                        files.append(photograph)
                        outcomes.append(Outcome.of(photograph))
                        each(outcomes[-1])
            except KeyboardInterrupt:
                if not _any_counted(outcomes):
                    raise
                files.cut_short(INTERRUPTED)
            if existed and shard == WHOLE and not _any_counted(outcomes):  # a part of a run says that it failed
                files.discard()
    except KeyboardInterrupt:
        if not files.is_published:
            raise
        interrupted = True  # while the report was made or the files were moved: all that was counted is there
    else:
        interrupted = not files.complete
    return BatchOutcome(
        outcomes,
        place if files.is_published else None,
        files.unfinished,
        interrupted,
        files.summary,
        output,
        files.differential,
        files.red_cells,
    )


def _any_counted(outcomes: Sequence[Outcome]) -> bool:
    return any(outcome.counts is not None for outcome in outcomes)


def _is_slide(candidate: Candidate) -> bool:
    return isinstance(candidate.found, Path) and is_slide(candidate.found)
