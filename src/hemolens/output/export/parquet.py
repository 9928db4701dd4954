"""``cells.parquet``: the table of ``cells.csv`` with its types, for pandas, polars, DuckDB and R.

The columns are those of ``cells.csv``. Numbers are not rounded, and a name is as it is: no spreadsheet opens this
file, so none could take it for a formula.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hemolens.cells.cell import Cell
from hemolens.output.cells_csv import COLUMNS
from hemolens.output.entries import Entry
from hemolens.output.export.export_format import Contents, ExportFormat

if TYPE_CHECKING:
    import pyarrow

    from hemolens.counted_image import CountedImage
    from hemolens.output.run_record import PhotographRecord

NAME = "cells.parquet"

ROWS_IN_GROUP = 50_000
"""So many cells, and those of one photograph, are held in memory before they are written."""


class Parquet(ExportFormat):
    """One file for the run."""

    needs = ("pyarrow",)
    shared = (NAME,)

    def __init__(self, entries: Sequence[Entry]) -> None:
        from pyarrow import parquet

        super().__init__(entries)
        self._rows: list[tuple[Any, ...]] = []
        self._written = _Drain()
        self._writer = parquet.ParquetWriter(self._written, _schema())

    @staticmethod
    def files(entry: Entry) -> tuple[str, ...]:
        return ()

    def add(self, entry: Entry, result: CountedImage) -> Contents:
        self._rows += [cell_values(entry, number, cell) for number, cell in enumerate(result.cells, start=1)]
        if len(self._rows) >= ROWS_IN_GROUP:
            self._write_group()
        return {NAME: self._written.take()}

    def end(self, photographs: Sequence[PhotographRecord]) -> Contents:
        if self._rows:
            self._write_group()
        self._writer.close()
        return {NAME: self._written.take()}

    def _write_group(self) -> None:
        import pyarrow

        schema = _schema()
        columns = zip(*self._rows, strict=True)
        arrays = [pyarrow.array(column, each.type) for column, each in zip(columns, schema, strict=True)]
        self._writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))
        self._rows = []


def cell_values(entry: Entry, number: int, cell: Cell) -> tuple[Any, ...]:
    """Give the values of one row, in the order of :data:`~hemolens.output.cells_csv.COLUMNS`.

    Parameters
    ----------
    entry : Entry
    number : int
        Of the cell within its photograph, from 1.
    cell : Cell

    Returns
    -------
    tuple

    """
    row0, col0, row1, col1 = (int(edge) for edge in cell.box)
    centre = float(cell.col), float(cell.row)
    sizes = float(cell.area_px), float(cell.diameter_px), float(cell.score)
    return entry.image, number, cell.type, *centre, col0, row0, col1, row1, *sizes, bool(cell.touches_frame)


def _schema() -> pyarrow.Schema:
    import pyarrow

    text, whole, real = pyarrow.string(), pyarrow.int32(), pyarrow.float64()
    types = (text, whole, text, real, real, whole, whole, whole, whole, real, real, real, pyarrow.bool_())
    return pyarrow.schema(list(zip(COLUMNS, types, strict=True)))


class _Drain(io.RawIOBase):
    """A file to write to, whose bytes are taken away now and then."""

    def __init__(self) -> None:
        super().__init__()
        self._n_taken = 0
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._n_taken + sum(map(len, self._parts))

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(self._parts[-1])

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._n_taken += len(taken)
        self._parts = []
        return taken
