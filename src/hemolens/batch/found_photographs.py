"""Files, folders and patterns that a user names become a list of photographs to count."""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hemolens.errors import PhotographError, quoted
from hemolens.images.formats import ALLOWED
from hemolens.images.formats import SUFFIXES as PHOTOGRAPH_SUFFIXES
from hemolens.images.slides import SUFFIXES as SLIDE_SUFFIXES
from hemolens.images.zarr_store import SUFFIX as ZARR_SUFFIX

SUFFIXES = PHOTOGRAPH_SUFFIXES | SLIDE_SUFFIXES


@dataclass(frozen=True, slots=True)
class FoundPhotograph:
    """One photograph to count, or the reason why an argument led to none.

    Attributes
    ----------
    argument : str
        What the user wrote.
    found : Path or PhotographError
        The file to read (it may be missing: reading it says so), or the error to report.

    """

    argument: str
    found: Path | PhotographError


def find_photographs(arguments: Sequence[str | Path]) -> list[FoundPhotograph]:
    """Find the photographs that a user's arguments mean.

    Parameters
    ----------
    arguments : sequence of str or Path
        Each a file, a folder (its direct children with a known suffix, hidden files left out) or a glob
        pattern (matching files with a known suffix; tried only where nothing has that literal name). A folder called
        ``*.zarr`` is one slide; what lies in it is not searched.

    Returns
    -------
    list of FoundPhotograph
        In the order of the arguments, within a folder or a pattern in natural order (Im2 before Im10).
        The same real file is given once. Nothing is dropped silently: a missing file stays in the list, and a
        folder or a pattern without photographs gives one entry with its error.

    Examples
    --------
    >>> [str(item.found) for item in find_photographs(["missing.jpg", "missing.jpg"])]
    ['missing.jpg']

    """
    found: list[FoundPhotograph] = []
    seen: set[str] = set()
    for argument in map(str, arguments):
        for item in _find(argument):
            identity = str(item) if isinstance(item, PhotographError) else _identity(item)
            if identity not in seen:
                seen.add(identity)
                found.append(FoundPhotograph(argument, item))
    return found


def _find(argument: str) -> Sequence[Path | PhotographError]:
    if not argument.strip():
        return [_nothing("the name of a photograph is empty", quoted(argument), "leave the empty argument out")]
    path = Path(argument)
    try:
        is_folder = stat.S_ISDIR(path.stat().st_mode)
    except (OSError, ValueError):
        # lstat: a broken link exists, and is to fail by its name rather than as a pattern
        is_pattern = any(sign in argument for sign in "*?[") and not os.path.lexists(argument)
        return _matches(argument) if is_pattern and "\0" not in argument else [path]
    return _children(path) if is_folder and not _is_zarr(path) else [path]


def _children(folder: Path) -> Sequence[Path | PhotographError]:
    try:
        paths = _photographs(folder.iterdir())
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return [_nothing("the folder cannot be read", f"{quoted(folder)} ({reason})", "check its permissions")]
    do = "name another folder; folders inside a folder are not searched"
    return paths or [_nothing("the folder holds no photograph", quoted(folder), do)]


def _matches(pattern: str) -> Sequence[Path | PhotographError]:
    matching = map(Path, glob.glob(pattern, recursive=True))  # noqa: PTH207 - takes absolute patterns too
    paths = _photographs(path for path in matching if not any(map(_is_zarr, path.parents)))
    return paths or [_nothing("no photograph has such a name", quoted(pattern), "check the name or the pattern")]


def _nothing(what: str, came: str, do: str) -> PhotographError:
    allowed = f"a folder, a pattern or a name that leads to {ALLOWED}"
    return PhotographError(what, came=came, allowed=allowed, do=do)


def _photographs(paths: Iterable[Path]) -> list[Path]:
    """Keep what looks like a photograph, in natural order."""
    # a leading dot hides a file; macOS also leaves "._" companions on foreign disks
    found = (path for path in paths if path.suffix.lower() in SUFFIXES and not path.name.startswith("."))
    return sorted((path for path in found if path.is_dir() == _is_zarr(path)), key=_natural_order)


def _is_zarr(path: Path) -> bool:
    return path.suffix.lower() == ZARR_SUFFIX


def _natural_order(path: Path) -> tuple[list[str | int], str]:
    """Sort key in which numbers count as numbers: Im2 before Im10."""
    parts = re.split(r"(\d+)", str(path).casefold())  # text and digits by turns, so like is compared with like
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], str(path)


def _identity(path: Path) -> str:
    try:
        return os.path.normcase(os.path.realpath(path))
    except (OSError, ValueError):
        return str(path)
