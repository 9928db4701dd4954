"""The bytes of a file of labels, not more than a program can be asked to read."""

from __future__ import annotations

from pathlib import Path

from hemolens.errors import LabelError
from hemolens.photograph import quoted

MAX_BYTES = 200_000_000
"""Largest file of labels: some millions of boxes."""


def read_text(path: Path) -> str:
    """Read a file of labels as text.

    Raises
    ------
    LabelError
        It cannot be read, is larger than :data:`MAX_BYTES`, or is not UTF-8.

    """
    allowed = f"a file in UTF-8 of at most {MAX_BYTES / 1e6:.0f} MB"
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        came = f"{quoted(path)} ({error.strerror or type(error).__name__})"
        raise LabelError("the labels cannot be read", came=came, allowed=allowed, do="check the permissions") from error
    if len(data) > MAX_BYTES:
        raise LabelError("the file of labels is too large", came=quoted(path), allowed=allowed, do="split it")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        do = "save it as UTF-8"
        raise LabelError("the labels are not text in UTF-8", came=quoted(path), allowed=allowed, do=do) from error
