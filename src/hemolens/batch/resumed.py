"""Photographs that an unfinished run has counted are not counted again."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from pathlib import Path

from hemolens.batch.photograph_task import Counting, PhotographTask, here
from hemolens.errors import PhotographError
from hemolens.files.remote import RemoteFile
from hemolens.output.kept_photographs import KeptPhotographs
from hemolens.output.photograph_output import PhotographOutput


def count_the_others(
    tasks: Sequence[PhotographTask],
    runs: Sequence[KeptPhotographs],
    counting: Counting,
    taken_over: Callable[[], None] = lambda: None,
) -> Generator[PhotographOutput]:
    """Take over what unfinished runs have, and count the other photographs.

    Taken over is a photograph whose content is what was counted, whatever its file's date, and of which all files are
    whole. One that failed is tried again.

    Parameters
    ----------
    tasks : sequence of PhotographTask
    runs : sequence of KeptPhotographs
        They were counted as the tasks say; the first that has a photograph counts.
    counting : callable
        Where the others are counted.
    taken_over : callable
        Called when whoever takes what is yielded has the last photograph of the unfinished runs.

    Yields
    ------
    PhotographOutput
        In the order of the tasks.

    """
    found = {task.candidate.entry.image: run for task in tasks if (run := _run_that_has(task, runs)) is not None}
    n_left = len(found)
    others = (task for task in tasks if task.candidate.entry.image not in found)
    with closing(counting(others)) as counted:
        for task in tasks:
            run = found.get(task.candidate.entry.image)
            if run is None:
                yield next(counted)
                continue
            yield run.output(task.candidate.entry, task.place)
            n_left -= 1
            if not n_left:
                taken_over()


def _run_that_has(task: PhotographTask, runs: Sequence[KeptPhotographs]) -> KeptPhotographs | None:
    entry, found = task.candidate.entry, task.candidate.found
    if isinstance(found, PhotographError):
        return None
    for run in runs:
        kept = run.photographs.get(entry.image)
        if kept is None or kept.sha256 is None or kept.entry.overlay != entry.overlay:
            continue
        if task.output.report and kept.place != task.place:  # its picture may have another size, or none
            continue
        if run.is_whole(entry.image) and _sha256(found) == kept.sha256:
            return run
    return None


def _sha256(found: Path | RemoteFile) -> str | None:
    from hemolens.images.slides.slide import sha256_of  # which few runs need

    try:
        with here(found) as path:
            return sha256_of(path) if path.is_file() or path.is_dir() else None
    except (OSError, PhotographError):  # counting it says why
        return None
