"""Files, folders and patterns that a user names become a list of photographs to count."""

from __future__ import annotations

import glob
import os
import re
import stat
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hemolens.errors import PhotographError, quoted
from hemolens.files.remote import RemoteFile, is_url, list_remote, without_scheme
from hemolens.images.formats import ALLOWED
from hemolens.images.formats import SUFFIXES as PHOTOGRAPH_SUFFIXES
from hemolens.images.slides import SUFFIXES as SLIDE_SUFFIXES
from hemolens.images.zarr_store import SUFFIX as ZARR_SUFFIX
from hemolens.output.earlier_run import is_result

SUFFIXES = PHOTOGRAPH_SUFFIXES | SLIDE_SUFFIXES

Found = Path | RemoteFile | PhotographError


@dataclass(frozen=True, slots=True)
class FoundPhotograph:
    """One photograph to count, or the reason why an argument led to none.

    Attributes
    ----------
    argument : str
        What the user wrote.
    found : Path, RemoteFile or PhotographError
        The file to read (it may be missing: reading it says so), or the error to report.

    """

    argument: str
    found: Found


@dataclass(frozen=True, slots=True)
class FoundPhotographs:
    """What a user's arguments led to.

    Attributes
    ----------
    photographs : list of FoundPhotograph
        In the order of the arguments, within a folder or a pattern in natural order (Im2 before Im10).
    passed_over : str
        How many things of what kind in the folders were passed over, such as ``2 .heic, 1 folder (--recursive)``; empty
        when there were none.

    """

    photographs: list[FoundPhotograph]
    passed_over: str


def find_photographs(arguments: Sequence[str | Path], *, recursive: bool = False) -> FoundPhotographs:
    """Find the photographs that a user's arguments mean.

    Parameters
    ----------
    arguments : sequence of str or Path
        Each a file, a folder (its direct children with a known suffix, hidden files left out), a URL of either, or a
        glob pattern (matching files with a known suffix; tried only where nothing has that literal name). A folder
        called ``*.zarr`` is one slide; what lies in it is not searched. Results of earlier runs are counted only where
        they are named themselves.
    recursive : bool, default False
        Search the folders inside a folder, too, but not behind links.

    Returns
    -------
    FoundPhotographs
        The same real file is given once. Nothing is dropped silently: a missing file stays in the list, and a
        folder or a pattern without photographs gives one entry with its error.

    Examples
    --------
    >>> [str(item.found) for item in find_photographs(["missing.jpg", "missing.jpg"]).photographs]
    ['missing.jpg']

    """
    found: list[FoundPhotograph] = []
    seen: set[str] = set()
    passed_over: Counter[str] = Counter()
    for argument in map(without_scheme, map(str, arguments)):
        for item in _find(argument, recursive, passed_over):
            identity = _identity(item) if isinstance(item, Path) else str(item)
            if identity not in seen:
                seen.add(identity)
                found.append(FoundPhotograph(argument, item))
    return FoundPhotographs(found, _listed(passed_over))


def _find(argument: str, recursive: bool, passed_over: Counter[str]) -> Sequence[Found]:
    if not argument.strip():
        return [_nothing("the name of a photograph is empty", quoted(argument), "leave the empty argument out")]
    if is_url(argument):
        return _remote(argument, passed_over)
    path = Path(argument)
    try:
        is_folder = stat.S_ISDIR(path.stat().st_mode)
    except (OSError, ValueError):
        # lstat: a broken link exists, and is to fail by its name rather than as a pattern
        is_pattern = any(sign in argument for sign in "*?[") and not os.path.lexists(argument)
        return _matches(argument, passed_over) if is_pattern and "\0" not in argument else [path]
    return _children(path, recursive, passed_over) if is_folder and not _is_zarr(path) else [path]


def _remote(url: str, passed_over: Counter[str]) -> Sequence[Found]:
    """Find the photographs that a URL means; a slide is not fetched, it is read in parts."""
    suffix = _suffix(url)
    if suffix in SLIDE_SUFFIXES:
        do = "name it in a folder, which all machines that count must see"
        return [PhotographError("slides are not read by URL", came=quoted(url), allowed="photographs", do=do)]
    if suffix in PHOTOGRAPH_SUFFIXES and "*" not in url:
        return [RemoteFile(url)]
    try:
        files = list_remote(url)
    except PhotographError as error:
        return [error]
    found = sorted((file for file in files if _suffix(file.url) in PHOTOGRAPH_SUFFIXES), key=_natural_order)
    passed_over.update(_suffix(file.url) or "file without suffix" for file in files if file not in found)
    do = "check the URL; the folders inside a folder are searched by a pattern with **"
    return found or [_nothing("the URL leads to no photograph", quoted(url), do)]


def _suffix(url: str) -> str:
    return PurePosixPath(url).suffix.lower()


def _children(folder: Path, recursive: bool, passed_over: Counter[str]) -> Sequence[Found]:
    do = "name another folder" if recursive else "name another folder, or set recursive to search the folders inside it"
    found = _search(folder, recursive, passed_over)
    return found or [_nothing("the folder holds no photograph", quoted(folder), do)]


def _search(folder: Path, recursive: bool, passed_over: Counter[str]) -> list[Found]:
    """Find the photographs of a folder, if asked with those of the folders inside it; count what is passed over."""
    try:
        entries = list(folder.iterdir())
        photographs = _photographs(entries)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return [_nothing("the folder cannot be read", f"{quoted(folder)} ({reason})", "check its permissions")]
    found: list[Found] = [*photographs]
    for path in sorted(set(entries) - set(photographs), key=_natural_order):
        if path.name.startswith("."):
            continue
        if is_result(path):
            passed_over[_RESULT] += 1
        elif not os.path.isdir(path):  # noqa: PTH112 - never raises
            passed_over[path.suffix.lower() or "file without suffix"] += 1
        elif recursive and not path.is_symlink():
            found += _search(path, recursive, passed_over)
        else:
            passed_over[_LINKED if recursive else _FOLDER] += 1
    return found


_FOLDER, _LINKED, _RESULT = "folder (--recursive)", "linked folder", "result of an earlier run"
_PLURALS = {
    _FOLDER: "folders (--recursive)",
    _LINKED: "linked folders",
    _RESULT: "results of earlier runs",
    "file without suffix": "files without suffix",
}


def _listed(kinds: Counter[str]) -> str:
    """Say how many there are of each kind.

    >>> _listed(Counter({".heic": 2, "linked folder": 1}))
    '2 .heic, 1 linked folder'
    """
    return ", ".join(f"{n} {kind if n == 1 else _PLURALS.get(kind, kind)}" for kind, n in sorted(kinds.items()))


def _matches(pattern: str, passed_over: Counter[str]) -> Sequence[Found]:
    matching = set(map(Path, glob.glob(pattern, recursive=True)))  # noqa: PTH207 - takes absolute patterns too
    matching = {path for path in matching if not any(map(_is_zarr, path.parents))}
    results = {path for path in matching if path.suffix.lower() in SUFFIXES and is_result(path)}
    if results:
        passed_over[_RESULT] += len(results)
    paths = _photographs(matching - results)
    return paths or [_nothing("no photograph has such a name", quoted(pattern), "check the name or the pattern")]


def _nothing(what: str, came: str, do: str) -> PhotographError:
    allowed = f"a folder, a pattern or a name that leads to {ALLOWED}"
    return PhotographError(what, came=came, allowed=allowed, do=do)


def _photographs(paths: Iterable[Path]) -> list[Path]:
    """Keep what looks like a photograph, in natural order."""
    # a leading dot hides a file; macOS also leaves "._" companions on foreign disks
    found = (path for path in paths if path.suffix.lower() in SUFFIXES and not path.name.startswith("."))
    photographs = (path for path in found if path.is_dir() == _is_zarr(path) and not is_result(path))
    return sorted(photographs, key=_natural_order)


def _is_zarr(path: Path) -> bool:
    return path.suffix.lower() == ZARR_SUFFIX


def _natural_order(path: Path | RemoteFile) -> tuple[list[str | int], str]:
    """Sort key in which numbers count as numbers: Im2 before Im10."""
    parts = re.split(r"(\d+)", str(path).casefold())  # text and digits by turns, so like is compared with like
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], str(path)


def _identity(path: Path) -> str:
    try:
        return os.path.normcase(os.path.realpath(path))
    except (OSError, ValueError):
        return str(path)
