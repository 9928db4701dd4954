"""The first sheet of an Excel workbook, as rows of texts."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from hemolens.errors import LabelError, UsageError, quoted
from hemolens.labels.label_file import read_bytes

SUFFIX = ".xlsx"

MAX_UNPACKED_BYTES = 200_000_000
"""Most that a workbook holds when unpacked."""


def read_workbook(path: Path, max_bytes: int | None = None) -> Iterator[list[str]]:
    """Read the first sheet of a workbook, row by row.

    Parameters
    ----------
    path : Path
    max_bytes : int, optional
        Largest file.

    Yields
    ------
    list of str
        What stands in the cells of a row, empty rows included. Numbers have a point before their decimals.

    Raises
    ------
    UsageError
        The library that reads workbooks is not installed.
    LabelError
        It cannot be read, is larger than labels may be, or is no workbook.

    """
    if find_spec("openpyxl") is None:
        raise UsageError(
            "reading a workbook needs a library that is not installed",
            came=f"no openpyxl for {quoted(path.name)}",
            allowed="an installation with openpyxl, or a CSV file",
            do="pip install 'hemolens[export]', or save the sheet as CSV",
        )
    from openpyxl import load_workbook

    data = read_bytes(path, max_bytes)
    allowed = f"a workbook of Excel (.xlsx) of at most {MAX_UNPACKED_BYTES / 1e6:g} MB when unpacked"
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            n_bytes = sum(each.file_size for each in archive.infolist())
        if n_bytes > MAX_UNPACKED_BYTES:
            raise LabelError("the workbook is too large", came=quoted(path), allowed=allowed, do="split it")
        sheet = load_workbook(io.BytesIO(data), read_only=True, data_only=True).worksheets[0]
        for row in sheet.iter_rows(values_only=True):
            yield [_text(value) for value in row]
    except LabelError:
        raise
    except Exception as error:  # openpyxl raises whatever its parts raise
        came = f"{quoted(path)} ({type(error).__name__})"
        raise LabelError("the file is no workbook", came=came, allowed=allowed, do="save it as CSV") from error


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(int(value)) if isinstance(value, bool) else str(value)
