"""Files of object stores and servers, by their URL. fsspec knows how each kind is reached.

What fails or stalls on the way is tried again; only whole files are given on.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar
from urllib.parse import urlsplit
from urllib.request import url2pathname

from hemolens.errors import OutputError, PhotographError, UsageError, quoted

TRIES = 5
"""How often a transfer is tried: of an object store that fails one request in twenty, one in millions is not read."""

WAIT_S = 0.5
"""Before the second try; twice as long before each other one."""

STALLED_S = 120.0
"""A transfer that takes longer has stalled."""

_URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_ALLOWED = "a URL such as s3://bucket/folder/a.jpg, without user name, password or query"

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class RemoteFile:
    """A file that is read by its URL."""

    url: str

    def __str__(self) -> str:
        return self.url


def is_url(text: str) -> bool:
    """Whether this is a URL rather than a path.

    >>> is_url("s3://bucket/a.jpg"), is_url("C:/a.jpg")
    (True, False)
    """
    return _URL.match(text) is not None


def without_scheme(text: str) -> str:
    """Turn a ``file://`` URL into the path that it means; leave all else as it is.

    >>> without_scheme("file:///photos/my%20smears"), without_scheme("s3://bucket/a.jpg")
    ('/photos/my smears', 's3://bucket/a.jpg')
    """
    return url2pathname(urlsplit(text).path) if text.lower().startswith("file://") else text


def list_remote(url: str) -> list[RemoteFile]:
    """List the files of a folder, or those that match a pattern.

    Parameters
    ----------
    url : str
        Of a folder, or with ``*``.

    Raises
    ------
    PhotographError
        They cannot be listed.

    """

    def listed() -> list[RemoteFile]:
        store, path = _store_of(url)
        names = store.glob(path) if "*" in path else store.ls(path, detail=False)
        return [RemoteFile(store.unstrip_protocol(name)) for name in names]

    try:
        return _tried(listed)
    except Exception as error:  # libraries raise nearly anything
        raise _unreadable(url, error) from error


@contextmanager
def fetched(file: RemoteFile, most_bytes: int) -> Iterator[Path]:
    """Have a file in a temporary folder for a while.

    Parameters
    ----------
    file : RemoteFile
    most_bytes : int
        A larger file, or one that does not say how large it is, is refused.

    Yields
    ------
    Path
        Its name is the file's own.

    Raises
    ------
    PhotographError
        It cannot be read.

    """
    with tempfile.TemporaryDirectory(prefix="hemolens-") as folder:
        path = Path(folder) / PurePosixPath(urlsplit(file.url).path).name
        try:
            _tried(lambda: _fetch(file.url, path, most_bytes))
        except PhotographError:
            raise
        except Exception as error:  # libraries raise nearly anything
            raise _unreadable(file.url, error) from error
        yield path


def _fetch(url: str, path: Path, most_bytes: int) -> None:
    store, place = _store_of(url)
    limit = {"timeout": STALLED_S} if store.async_impl else {}
    n_bytes = store.info(place, **limit).get("size")
    if n_bytes is None or n_bytes > most_bytes:
        came = f"{quoted(url)} of {'unknown size' if n_bytes is None else f'{n_bytes} bytes'}"
        allowed, do = f"at most {most_bytes} bytes", "download it, and name the file"
        raise PhotographError("a file that is not fetched", came=came, allowed=allowed, do=do)
    store.get_file(place, str(path), **limit)
    if (found := path.stat().st_size) != n_bytes:
        raise OSError(f"{found} of {n_bytes} bytes came")


def refuse_held_results(url: str, name: str) -> None:
    """Refuse to write results where some are.

    Parameters
    ----------
    url : str
        Of the folder.
    name : str
        Of the file that every run has there.

    Raises
    ------
    UsageError

    """
    try:
        store, path = _store_of(url)
        if not _tried(lambda: store.exists(f"{path.rstrip('/')}/{name}")):
            return
    except Exception as error:  # libraries raise nearly anything
        came, do = _reason(url, error), "check the URL, and the rights there"
        raise UsageError("the URL cannot be reached", came=came, allowed=_ALLOWED, do=do, option="out") from error
    raise UsageError(
        "the output folder holds the results of an earlier run",
        came=quoted(url),
        allowed="a folder without results",
        do="choose another folder, or set overwrite to replace them",
        option="overwrite",
    )


def put_folder(folder: Path, url: str, last: str) -> None:
    """Copy a folder of results to a URL.

    Parameters
    ----------
    folder : Path
    url : str
        Of the folder that it becomes.
    last : str
        Name of the file that goes last: while it is there, all are there.

    Raises
    ------
    OutputError
        It cannot be written; the folder here stays.

    """
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path != folder / last]
    try:
        store, place = _store_of(url)
        for group in (files, [folder / last]):
            goals = [f"{place.rstrip('/')}/{path.relative_to(folder).as_posix()}" for path in group]
            _tried(lambda group=group, goals=goals: store.put([str(path) for path in group], goals))  # type: ignore[misc]
    except Exception as error:  # libraries raise nearly anything
        came, do = _reason(url, error), f"copy {quoted(folder)}, which has all of them"
        raise OutputError("the results cannot be copied there", came=came, allowed=_ALLOWED, do=do) from error


def _store_of(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it."""
    parts = urlsplit(url)
    if "@" in parts.netloc or parts.query:  # they would stand in the results
        raise ValueError("user names, passwords and queries of a URL are not taken")
    import fsspec

    found: tuple[Any, str] = fsspec.url_to_fs(url)
    return found


def _tried(transfer: Callable[[], _Value]) -> _Value:
    """Try a transfer until it succeeds, with growing pauses; what no other try changes is raised at once."""
    for n in range(TRIES - 1):
        try:
            return transfer()
        except (PhotographError, FileNotFoundError, PermissionError, ValueError, ImportError):
            raise
        except Exception:  # libraries raise nearly anything when a server fails
            time.sleep(WAIT_S * 2**n)
    return transfer()


def _unreadable(url: str, error: Exception) -> PhotographError:
    do = (
        "run: pip install 'hemolens[cluster]'"
        if isinstance(error, ImportError)
        else "check the URL, and the rights there"
    )
    return PhotographError("the URL cannot be read", came=_reason(url, error), allowed=_ALLOWED, do=do)


def _reason(url: str, error: Exception) -> str:
    said = str(error) or type(error).__name__
    return f"{quoted(url)} ({quoted(said[:200])[1:-1]})"
