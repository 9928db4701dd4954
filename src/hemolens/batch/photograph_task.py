"""The unit of work of a run: one photograph, counted by whichever process has time for it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hemolens.batch.found_photographs import Found
from hemolens.errors import HemolensError, ModelError, OutputError, PhotographError, UsageError
from hemolens.files.remote import RemoteFile, fetched
from hemolens.images.photograph import MAX_BYTES
from hemolens.images.slides import open_image
from hemolens.options import CountOptions
from hemolens.output.entries import Entry, Place
from hemolens.output.options import OutputOptions
from hemolens.output.photograph_output import PhotographOutput, counted_output, failed_output
from hemolens.pipeline import CountBlocks, count_blocks, count_image


@dataclass(frozen=True)
class Candidate:
    """A photograph that is to be counted, or the reason why it cannot be.

    Attributes
    ----------
    entry : Entry
        What it is called in the outputs.
    found : Path, RemoteFile or PhotographError
        Where it is, or why the argument leads to none.
    """

    entry: Entry
    found: Found


@dataclass(frozen=True)
class PhotographTask:
    """All that a process needs to count one photograph of a run. It can be sent between processes.

    Attributes
    ----------
    candidate : Candidate
    options : CountOptions
        How it is counted.
    output : OutputOptions
        What is written as well.
    place : Place
        Of the photograph in its run.

    """

    candidate: Candidate
    options: CountOptions
    output: OutputOptions
    place: Place


Counting = Callable[[Iterable[PhotographTask]], Generator[PhotographOutput]]
"""Counts photographs somewhere, and gives what comes of them in the order of the tasks. It takes tasks as it goes, not
all of them at once, and ends what it has begun elsewhere when the iterator is closed."""


def count_photograph(task: PhotographTask, count_blocks: CountBlocks = count_blocks) -> PhotographOutput:
    """Count one photograph; every fault of its own becomes a message.

    Parameters
    ----------
    task : PhotographTask
    count_blocks : callable, optional
        Counts the blocks of a photograph or slide somewhere else than in this process.

    Raises
    ------
    UsageError, ModelError, OutputError
        No photograph can be counted in this way.

    """
    entry, found = task.candidate.entry, task.candidate.found
    try:
        if isinstance(found, PhotographError):
            raise found
        with here(found) as path:
            result = count_image(open_image(path, task.options.plane), task.options, count_blocks)
            return counted_output(entry, result, task.output, task.place)
    except (OutputError, ModelError, UsageError):
        raise
    except HemolensError as fault:
        error = str(fault)
    except MemoryError:
        error = f"'{entry.image}' needs more memory than there is: close other programs, or cut it into parts"
    except Exception as bug:  # a bug in one photograph's path must not cost the others their counts
        error = f"'{entry.image}' hit a bug in hemolens, please report it: {type(bug).__name__}: {bug}"
    return failed_output(entry, " ".join(error.split()), task.output, task.place)


@contextmanager
def here(found: Path | RemoteFile) -> Iterator[Path]:
    """Have a photograph as a file: where it is, or fetched for a while.

    Raises
    ------
    PhotographError
        It cannot be fetched.

    """
    if isinstance(found, Path):
        yield found
        return
    with fetched(found, MAX_BYTES) as path:
        yield path


def count_here(tasks: Iterable[PhotographTask]) -> Generator[PhotographOutput]:
    """Count photographs in this process, one after the other."""
    for task in tasks:
        yield count_photograph(task)
