"""A table of labels: its columns, and its rows with the lines that they stand in."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from hemolens.errors import LabelError, quoted
from hemolens.labels.label_file import encoding_of, no_text, read_bytes
from hemolens.labels.workbook import SUFFIX, read_workbook

DELIMITERS = (",", ";", "\t")
"""What may stand between columns; of two that come equally often in the first line, the first."""

MAX_BYTES_OF_COLUMNS = 65_536
"""The first line, with the names of the columns, is not longer than this."""


MAX_PHOTOGRAPHS = 100_000
"""Most photographs that a table speaks of."""


@dataclass(frozen=True)
class Row:
    """One row: where it stands, and its texts by column, without blanks around them."""

    where: str
    texts: dict[str, str]
    delimiter: str = ","

    def number(self, column: str) -> float:
        """Read a finite number; a comma before its decimals is allowed where no comma separates the columns.

        Raises
        ------
        LabelError
            It is no number, or may be one of two: a group of three digits can be thousands or decimals.

        """
        text = self.texts[column]
        if self.delimiter != "," and _is_ambiguous(text, self.delimiter):
            raise LabelError(
                f"{column} in {self.where} can be read as two numbers",
                came=quoted(text),
                allowed="a number without signs between its thousands",
                do="show the column without separators of thousands, and save the table again",
            )
        try:
            value = float(text if self.delimiter == "," else text.replace(",", "."))
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise LabelError(
                f"{column} in {self.where} is not a number",
                came=quoted(text),
                allowed="a finite number without separators of thousands",
                do="correct the line",
            )
        return value


def _is_ambiguous(text: str, delimiter: str) -> bool:
    """Whether groups of three digits may be thousands.

    Semicolons come from a country of decimal commas: a comma there is clear, and a point may stand between thousands.

    >>> [_is_ambiguous(text, ";") for text in ("1.234", "1,234", "0.123")], _is_ambiguous("1,234", chr(9))
    ([True, False, False], True)
    """
    signs = "." if delimiter == ";" else ".,"
    return re.fullmatch(rf"[1-9]\d{{0,2}}([{signs}]\d{{3}})+", text) is not None


@dataclass(frozen=True)
class LabelTable:
    """The columns of a table, and its rows, which are read while they are taken: a large table is never all there."""

    columns: list[str]
    rows: Iterator[Row]


def read_columns(path: Path) -> list[str]:
    """Read the names of the columns alone, to tell what the table is about; empty where there are none to read."""
    if not path.is_file():  # to open a pipe would wait for ever
        return []
    try:
        with path.open("rb") as file:
            text = _beginning(file.read(MAX_BYTES_OF_COLUMNS))
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
        return next(([field.strip() for field in fields] for fields in rows if any(map(str.strip, fields))), [])
    except (OSError, csv.Error):
        return []


def read_table(path: Path, max_bytes: int | None = None) -> LabelTable:
    """Read a table whose first line names its columns; empty lines are passed over.

    Parameters
    ----------
    path : Path
        A CSV file in UTF-8 or UTF-16, with commas, semicolons or tabs between columns, or a workbook (``.xlsx``), of
        which the first sheet is read.
    max_bytes : int, optional
        Largest file, if it is to be smaller than labels may be.

    Returns
    -------
    LabelTable
        Of one row at least. Taking its rows raises :class:`~hemolens.errors.LabelError` where one has more or fewer
        fields than there are columns, or what follows is not a table.

    Raises
    ------
    LabelError
        It cannot be read, is not a table, or a column's name comes twice.
    UsageError
        It is a workbook, and the library that reads those is not installed.

    """
    is_workbook = path.suffix.lower() == SUFFIX
    data = b"" if is_workbook else read_bytes(path, max_bytes)
    delimiter = "," if is_workbook else delimiter_of(_beginning(data))
    numbered = enumerate(read_workbook(path, max_bytes), start=1) if is_workbook else _csv_rows(path, data, delimiter)
    filled = ((number, texts) for number, fields in numbered if any(texts := [field.strip() for field in fields]))
    columns = next(filled, (0, []))[1]
    if is_workbook and columns:
        columns = columns[: 1 + max(n for n, name in enumerate(columns) if name)]
        filled = ((number, _fitted(texts, len(columns))) for number, texts in filled)
    rows = _rows(path, columns, filled, delimiter)
    first = next(rows, None)
    if len(set(columns)) != len(columns) or first is None:
        raise LabelError(
            "the table has no rows" if len(set(columns)) == len(columns) else "a column comes twice",
            came=quoted(path.name),
            allowed="a first line of different column names, and at least one row",
            do="correct the file",
        )
    return LabelTable(columns, chain([first], rows))


def _rows(path: Path, columns: list[str], filled: Iterable[tuple[int, list[str]]], delimiter: str) -> Iterator[Row]:
    for number, texts in filled:
        where = f"line {number} of {quoted(path.name)}"
        if len(texts) != len(columns):
            raise LabelError(
                f"{where} does not fit its columns",
                came=f"{len(texts)} fields",
                allowed=f"{len(columns)} fields: {quoted(delimiter.join(columns))}",
                do="correct the line; put a name that has a comma in double quotes",
            )
        yield Row(where, dict(zip(columns, texts, strict=True)), delimiter)


def _fitted(texts: list[str], n: int) -> list[str]:
    """Add or take off empty cells of a sheet's row at its end: they say nothing."""
    return texts if any(texts[n:]) else [*texts, *[""] * n][:n]


def _beginning(data: bytes) -> str:
    """The text of a file's first line, and perhaps of more."""
    return data[:MAX_BYTES_OF_COLUMNS].decode(encoding_of(data), "ignore")


def check_photographs(n: int, row: Row) -> None:
    """Refuse a table that speaks of more than :data:`MAX_PHOTOGRAPHS`, where its row names one too many.

    Raises
    ------
    LabelError

    """
    if n > MAX_PHOTOGRAPHS:
        came, allowed = f"one more in {row.where}", f"at most {MAX_PHOTOGRAPHS}"
        raise LabelError("the table speaks of too many photographs", came=came, allowed=allowed, do="split it")


def delimiter_of(text: str) -> str:
    """Tell what stands between the columns of a CSV file: what comes most often in its first line.

    Where Excel has decimal commas it saves semicolons between columns.

    >>> delimiter_of("image;rbc"), delimiter_of("image,note; mine,rbc"), delimiter_of("image")
    (';', ',', ',')
    """
    first = text.lstrip().partition("\n")[0]
    unquoted = "".join(first.split('"')[::2])
    return max(DELIMITERS, key=unquoted.count)


def _csv_rows(path: Path, data: bytes, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    text = io.TextIOWrapper(io.BytesIO(data), encoding=encoding_of(data), newline="")
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        for fields in reader:
            yield reader.line_num, fields
    except UnicodeDecodeError as error:
        raise no_text(path) from error
    except csv.Error as error:
        came, do = f"{quoted(path.name)}, line {reader.line_num} ({error})", "correct the line"
        raise LabelError("the file is not a table", came=came, allowed="a CSV file", do=do) from error
