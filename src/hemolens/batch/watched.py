"""Photographs that appear one after the other: which of them are written to their end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from hemolens.batch.photograph_task import Candidate
from hemolens.batch.photographs import Candidates

SETTLED_S = 2.0
"""A photograph whose size and date have stayed the same for so long is taken to be whole."""

State = tuple[int, int, int]
"""Number of files, bytes, and when the last of them was changed, in nanoseconds."""


class Watched:
    """Looks at a list of photographs again and again.

    Parameters
    ----------
    clock : callable, optional
        Gives seconds.

    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[Path, tuple[State, float]] = {}
        self._given: dict[Path, State] = {}

    def settled(self, candidates: Candidates) -> Candidates | None:
        """Give the photographs that nobody writes to any more.

        Parameters
        ----------
        candidates : Candidates
            All that are there now.

        Returns
        -------
        Candidates or None
            None where they are those that were given the last time, unchanged.

        """
        states = {found: state for each in candidates.each if (found := _path(each)) and (state := _state(found))}
        now = self._clock()
        self._seen = {
            path: seen if (seen := self._seen.get(path)) and seen[0] == state else (state, now)
            for path, state in states.items()
        }
        settled = {path: state for path, (state, since) in self._seen.items() if now - since >= SETTLED_S}
        if not settled or settled == self._given:
            return None
        self._given = settled
        return replace(candidates, each=[each for each in candidates.each if _path(each) in settled])


def _path(candidate: Candidate) -> Path | None:
    return candidate.found if isinstance(candidate.found, Path) else None


def _state(path: Path) -> State | None:
    """Look at a file, or at all files of a slide that is a folder; None where one has just gone."""
    try:
        files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
        stats = [each.stat() for each in files]
    except OSError:
        return None
    return len(stats), sum(each.st_size for each in stats), max((each.st_mtime_ns for each in stats), default=0)
