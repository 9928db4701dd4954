"""The bytes of a file of labels, not more than a program can be asked to read."""

from __future__ import annotations

import codecs
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from hemolens.errors import LabelError, quoted

if TYPE_CHECKING:
    from pydantic import ValidationError

MAX_BYTES = 40_000_000
"""Largest file with the labels of many photographs: a million boxes. Reading it takes less than 2 GB of memory."""

MAX_PHOTOGRAPH_BYTES = 20_000_000
"""Largest file with the labels of one photograph. Reading it takes less than 2 GB of memory, too."""

MAX_FILES = 100_000
"""Most files of labels in a folder."""


def read_bytes(path: Path, max_bytes: int | None = None) -> bytes:
    """Read a file of labels.

    Parameters
    ----------
    path : Path
    max_bytes : int, optional
        Largest file; :data:`MAX_BYTES` without it.

    Raises
    ------
    LabelError
        It is no ordinary file, cannot be read, or is larger than that.

    """
    most = MAX_BYTES if max_bytes is None else max_bytes
    allowed = f"an ordinary file of at most {most / 1e6:g} MB"
    try:
        if path.exists() and not path.is_file():
            raise LabelError("the labels are no file", came=quoted(path), allowed=allowed, do="name the file itself")
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        came = f"{quoted(path)} ({error.strerror or type(error).__name__})"
        raise LabelError("the labels cannot be read", came=came, allowed=allowed, do="check the permissions") from error
    if len(data) > most:
        raise LabelError("the file of labels is too large", came=quoted(path), allowed=allowed, do="split it")
    return data


def read_text(path: Path, max_bytes: int | None = None) -> str:
    """Read a file of labels as text.

    Parameters
    ----------
    path : Path
    max_bytes : int, optional
        Largest file; :data:`MAX_BYTES` without it.

    Raises
    ------
    LabelError
        As :func:`read_bytes`, or it is neither UTF-8 nor, with its mark at the beginning, UTF-16.

    """
    data = read_bytes(path, max_bytes)
    try:
        return data.decode(encoding_of(data))
    except UnicodeDecodeError as error:
        raise no_text(path) from error


def encoding_of(data: bytes) -> str:
    """Tell the encoding of a text: UTF-8, or UTF-16 where the mark of that comes first, as Excel saves it.

    Examples
    --------
    >>> encoding_of("a;b".encode("utf-16")), encoding_of(b"a;b")
    ('utf-16', 'utf-8-sig')

    """
    is_utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return "utf-16" if is_utf_16 else "utf-8-sig"


def no_text(path: Path) -> LabelError:
    """Give the error for a file that is not in its encoding."""
    what, allowed, do = "the labels are not text in UTF-8", "a file in UTF-8", "save it as UTF-8"
    return LabelError(what, came=quoted(path), allowed=allowed, do=do)


def problem_of(error: ValidationError) -> str:
    """Say what is wrong with a file that does not have the layout that was declared for it, and where."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else first["msg"]


def files_in(folder: Path, suffix: str, but: Collection[str] = ()) -> list[Path]:
    """List the files of labels that lie directly in a folder, by name; hidden ones are passed over.

    Parameters
    ----------
    folder : Path
    suffix : str
        What their names end with, in lower case, such as ``".xml"``.
    but : collection of str
        Names that are no labels.

    Raises
    ------
    LabelError
        The folder cannot be read, or holds more than :data:`MAX_FILES` of them.

    """
    allowed = f"a folder with at most {MAX_FILES} files"
    try:
        paths = [
            path
            for path in folder.iterdir()
            if path.suffix.lower() == suffix and not path.name.startswith(".") and path.name not in but
        ]
    except OSError as error:
        came = f"{quoted(folder)} ({error.strerror or type(error).__name__})"
        raise LabelError("the labels cannot be read", came=came, allowed=allowed, do="check the permissions") from error
    if len(paths) > MAX_FILES:
        came = f"{len(paths)} files in {quoted(folder)}"
        raise LabelError("the folder holds too many files of labels", came=came, allowed=allowed, do="split it")
    return sorted(paths)
