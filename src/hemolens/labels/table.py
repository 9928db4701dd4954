"""A CSV file of labels: its columns, and its rows with the lines that they stand in."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path

from hemolens.errors import LabelError, quoted
from hemolens.labels.label_file import read_text

MAX_BYTES_OF_COLUMNS = 65_536
"""The first line, with the names of the columns, is not longer than this."""


@dataclass(frozen=True)
class Row:
    """One row: where it stands, and its texts by column, without blanks around them."""

    where: str
    texts: dict[str, str]

    def number(self, column: str) -> float:
        """Read a finite number.

        Raises
        ------
        LabelError

        """
        try:
            value = float(self.texts[column])
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise LabelError(
                f"{column} in {self.where} is not a number",
                came=quoted(self.texts[column]),
                allowed="a finite number, with a point before its decimals",
                do="correct the line",
            )
        return value


@dataclass(frozen=True)
class LabelTable:
    """The columns and rows of a CSV file."""

    columns: list[str]
    rows: list[Row]


def read_columns(path: Path) -> list[str]:
    """Read the names of the columns alone, to tell what the table is about; empty where there are none to read."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES_OF_COLUMNS).decode("utf-8-sig", errors="ignore")
        rows = csv.reader(io.StringIO(text, newline=""))
        return next(([field.strip() for field in fields] for fields in rows if any(map(str.strip, fields))), [])
    except (OSError, csv.Error):
        return []


def read_table(path: Path, max_bytes: int | None = None) -> LabelTable:
    """Read a CSV file whose first line names its columns; empty lines are passed over.

    Parameters
    ----------
    path : Path
    max_bytes : int, optional
        Largest file, if it is to be smaller than labels may be.

    Raises
    ------
    LabelError
        It cannot be read, is not a table, a column's name comes twice, or a row has more or fewer fields than there
        are columns.

    """
    reader = csv.reader(io.StringIO(read_text(path, max_bytes), newline=""), strict=True)
    rows: list[Row] = []
    columns: list[str] = []
    try:
        for fields in reader:
            if not any(field.strip() for field in fields):
                continue
            texts = [field.strip() for field in fields]
            where = f"line {reader.line_num} of {quoted(path.name)}"
            if not columns:
                columns = texts
                continue
            if len(texts) != len(columns):
                raise LabelError(
                    f"{where} does not fit its columns",
                    came=f"{len(texts)} fields",
                    allowed=f"{len(columns)} fields: {quoted(','.join(columns))}",
                    do="correct the line; put a name that has a comma in double quotes",
                )
            rows.append(Row(where, dict(zip(columns, texts, strict=True))))
    except csv.Error as error:
        came, do = f"{quoted(path.name)}, line {reader.line_num} ({error})", "correct the line"
        raise LabelError("the file is not a table", came=came, allowed="a CSV file", do=do) from error
    if len(set(columns)) != len(columns) or not rows:
        raise LabelError(
            "the table has no rows" if len(set(columns)) == len(columns) else "a column comes twice",
            came=quoted(path.name),
            allowed="a first line of different column names, and at least one row",
            do="correct the file",
        )
    return LabelTable(columns, rows)
