"""The text of a small file that an option names."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from hemolens.errors import UsageError, quoted

MAX_BYTES = 5_000_000
"""Largest file: a region with some ten thousand corners is smaller."""


def read_option_file(path: str | PathLike[str], *, what: str, option: str) -> str:
    """Read a file that the user names with an option.

    Parameters
    ----------
    path : str or path
    what : str
        What it should be, such as ``"a region"``, for the message.
    option : str
        Name of the parameter, such as ``"region"``.

    Returns
    -------
    str

    Raises
    ------
    UsageError
        It is not an ordinary file, cannot be read, is larger than :data:`MAX_BYTES`, or is not text in UTF-8.

    """
    file = Path(path)
    allowed = f"{what} in an ordinary text file (UTF-8) of at most {MAX_BYTES / 1e6:g} MB"
    do = "check the path"
    try:
        if file.exists() and not file.is_file():
            raise UsageError(f"{what} is not a file", came=quoted(path), allowed=allowed, do=do, option=option)
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a name with a zero character
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise UsageError(
            f"{what} cannot be read", came=f"{quoted(path)} ({reason})", allowed=allowed, do=do, option=option
        ) from error
    if len(data) > MAX_BYTES:
        raise UsageError(f"the file of {what} is too large", came=quoted(path), allowed=allowed, do=do, option=option)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"the file of {what} is not text", came=quoted(path), allowed=allowed, do=do, option=option
        ) from error
