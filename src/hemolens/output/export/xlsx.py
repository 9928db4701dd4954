"""``results.xlsx``: the three tables as sheets of one workbook, and a sheet that says what each column means.

Spreadsheets read CSV by the customs of their country: where a comma stands before decimals, columns run together. In a
workbook numbers are numbers everywhere. The columns are those of the CSV files, rounded alike; a name is as it is,
since it is stored as a text.
"""

from __future__ import annotations

import io
import json
import math
import zlib
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, TypedDict, TypeVar

from hemolens.cell_types import CELL_TYPES
from hemolens.output import cells_csv, counts_csv, summary_csv
from hemolens.output.column import Column, header
from hemolens.output.entries import Entry
from hemolens.output.export.export_format import Contents, ExportFormat

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell.cell import WriteOnlyCell
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

    from hemolens.counted_image import CountedImage
    from hemolens.output.run_record import PhotographRecord
    from hemolens.statistics.summary import Summary

NAME = "results.xlsx"

MOST_ROWS = 1_048_576
"""A sheet of Excel has no more rows, that with the names of the columns included."""

_COLUMN_WIDTH = 16

Row = TypeVar("Row")
Value = str | int | float


class XlsxPart(TypedDict):
    """Rows of one photograph: its own, and those of its cells that a sheet could hold."""

    counted: list[Value | None]
    cells: list[list[Value | None]]
    n_cells: int


class Xlsx(ExportFormat):
    """One file for the run."""

    needs = ("openpyxl",)
    shared = (NAME,)

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__(entries)
        self._counted: dict[str, list[Value | None]] = {}
        self._cells: list[bytes] = []  # rows of each photograph, packed: a workbook cannot be begun and given up
        self._n_cells = 0  # of all photographs, those without room included

    @staticmethod
    def files(entry: Entry) -> tuple[str, ...]:
        return ()

    @staticmethod
    def part(entry: Entry, result: CountedImage) -> XlsxPart:
        counted = _values(counts_csv.COLUMNS, counts_csv.CountedRow(entry, result))
        having_room = islice(cells_csv.rows_of(entry, result), MOST_ROWS - 1)
        cells = [_values(cells_csv.COLUMNS, row) for row in having_room]
        return {"counted": counted, "cells": cells, "n_cells": len(result.cells)}

    def append(self, entry: Entry, part: XlsxPart) -> Contents:
        having_room = part["cells"][: max(MOST_ROWS - 1 - self._n_cells, 0)]
        self._cells.append(zlib.compress(json.dumps(having_room).encode()))
        self._n_cells += part["n_cells"]
        self._counted[entry.image] = part["counted"]
        return {}

    def end(self, photographs: Sequence[PhotographRecord], summary: Summary) -> Contents:
        from openpyxl import Workbook

        book = Workbook(write_only=True)
        sheet = _begin(book, "photographs", header(counts_csv.COLUMNS))
        for photograph in photographs:
            known = {"image": photograph.image, "error": photograph.error}
            failed = [known.get(name) for name in header(counts_csv.COLUMNS)]
            _write(sheet, self._counted.get(photograph.image, failed))
        sheet = _begin(book, "cells", header(cells_csv.COLUMNS))
        for packed in self._cells:
            for row in json.loads(zlib.decompress(packed)):
                _write(sheet, row)
        sheet = _begin(book, "summary", header(summary_csv.COLUMNS))
        for kind in CELL_TYPES:
            _write(sheet, _values(summary_csv.COLUMNS, summary_csv.SummaryRow(kind, summary[kind])))
        self._explain(_begin(book, "columns", ("sheet", "column", "unit", "meaning")))
        content = io.BytesIO()
        book.save(content)
        return {NAME: content.getvalue()}

    def _explain(self, sheet: WriteOnlyWorksheet) -> None:
        """Write what every column means, and what had no room."""
        if self._n_cells >= MOST_ROWS:
            note = f"the first {MOST_ROWS - 1} of {self._n_cells} cells: a sheet has no more rows; cells.csv has all"
            _write(sheet, ("cells", "", "", note))
        described = (
            *(("photographs", column.name, column.unit, column.meaning) for column in counts_csv.COLUMNS),
            *(("cells", column.name, column.unit, column.meaning) for column in cells_csv.COLUMNS),
            *(("summary", column.name, column.unit, column.meaning) for column in summary_csv.COLUMNS),
        )
        for *names, meaning in described:
            _write(sheet, (*names, meaning.replace("`", "")))


def _begin(book: Workbook, title: str, names: Sequence[str]) -> WriteOnlyWorksheet:
    """Begin a sheet with the names of its columns, which stay in view."""
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(title)
    sheet.freeze_panes = "B2"
    for number in range(1, len(names) + 1):
        sheet.column_dimensions[get_column_letter(number)].width = _COLUMN_WIDTH
    _write(sheet, names)
    return sheet


def _write(sheet: WriteOnlyWorksheet, values: Iterable[Value | None]) -> None:
    sheet.append([_text_cell(sheet, value) if isinstance(value, str) else value for value in values])


def _values(columns: Iterable[Column[Row]], row: Row) -> list[Value | None]:
    """Give the values of a row, rounded as in the CSV file; None where they are not known or not finite."""
    return [_value(column, row) for column in columns]


def _value(column: Column[Row], row: Row) -> Value | None:
    value = column.typed(row)
    if value is None or isinstance(value, str):
        return value
    figure = column.number(row)
    return figure if math.isfinite(figure) else None


def _text_cell(sheet: WriteOnlyWorksheet, text: str) -> WriteOnlyCell:
    """Store a text as a text, also one that looks like a formula; signs that no workbook may hold are replaced."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("\ufffd", text))
    cell.data_type = "s"
    return cell
