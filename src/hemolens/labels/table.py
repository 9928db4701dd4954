"""A table of labels: its columns, and its rows with the lines that they stand in."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hemolens.errors import LabelError, quoted
from hemolens.labels.label_file import decoded, read_text
from hemolens.labels.workbook import SUFFIX, read_workbook

DELIMITERS = (",", ";", "\t")
"""What may stand between columns; of two that come equally often in the first line, the first."""

MAX_BYTES_OF_COLUMNS = 65_536
"""The first line, with the names of the columns, is not longer than this."""


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
    """The columns and rows of a table."""

    columns: list[str]
    rows: list[Row]


def read_columns(path: Path) -> list[str]:
    """Read the names of the columns alone, to tell what the table is about; empty where there are none to read."""
    try:
        with path.open("rb") as file:
            text = decoded(file.read(MAX_BYTES_OF_COLUMNS), errors="ignore")
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

    Raises
    ------
    LabelError
        It cannot be read, is not a table, a column's name comes twice, or a row has more or fewer fields than there
        are columns.
    UsageError
        It is a workbook, and the library that reads those is not installed.

    """
    is_workbook = path.suffix.lower() == SUFFIX
    text = "" if is_workbook else read_text(path, max_bytes)
    delimiter = "," if is_workbook else delimiter_of(text)
    numbered = enumerate(read_workbook(path, max_bytes), start=1) if is_workbook else _csv_rows(path, text, delimiter)
    rows: list[Row] = []
    columns: list[str] = []
    for number, fields in numbered:
        texts = [field.strip() for field in fields]
        where = f"line {number} of {quoted(path.name)}"
        if not any(texts):
            continue
        if not columns:
            columns = texts[: 1 + max(n for n, name in enumerate(texts) if name)] if is_workbook else texts
            continue
        if is_workbook and not any(texts[len(columns) :]):
            texts = [*texts, *[""] * len(columns)][: len(columns)]
        if len(texts) != len(columns):
            raise LabelError(
                f"{where} does not fit its columns",
                came=f"{len(texts)} fields",
                allowed=f"{len(columns)} fields: {quoted(delimiter.join(columns))}",
                do="correct the line; put a name that has a comma in double quotes",
            )
        rows.append(Row(where, dict(zip(columns, texts, strict=True)), delimiter))
    if len(set(columns)) != len(columns) or not rows:
        raise LabelError(
            "the table has no rows" if len(set(columns)) == len(columns) else "a column comes twice",
            came=quoted(path.name),
            allowed="a first line of different column names, and at least one row",
            do="correct the file",
        )
    return LabelTable(columns, rows)


def delimiter_of(text: str) -> str:
    """Tell what stands between the columns of a CSV file: what comes most often in its first line.

    Where Excel has decimal commas it saves semicolons between columns.

    >>> delimiter_of("image;rbc"), delimiter_of("image,note; mine,rbc"), delimiter_of("image")
    (';', ',', ',')
    """
    first = text.lstrip().partition("\n")[0]
    unquoted = "".join(first.split('"')[::2])
    return max(DELIMITERS, key=unquoted.count)


def _csv_rows(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for fields in reader:
            yield reader.line_num, fields
    except csv.Error as error:
        came, do = f"{quoted(path.name)}, line {reader.line_num} ({error})", "correct the line"
        raise LabelError("the file is not a table", came=came, allowed="a CSV file", do=do) from error
