"""``cells.parquet``: the table of ``cells.csv`` with its types, for pandas, polars, DuckDB and R.

The columns are those of ``cells.csv``. Numbers are not rounded, and a name is as it is: no spreadsheet opens this
file, so none could take it for a formula.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hemolens.output.cells_csv import COLUMNS, rows_of
from hemolens.output.entries import Entry
from hemolens.output.export.export_format import Contents, ExportFormat

if TYPE_CHECKING:
    import pyarrow

    from hemolens.counted_image import CountedImage
    from hemolens.output.run_record import PhotographRecord
    from hemolens.statistics.summary import Summary

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
        self._rows: list[list[Any]] = []
        self._written = _Drain()
        self._writer = parquet.ParquetWriter(self._written, _schema())

    @staticmethod
    def files(entry: Entry) -> tuple[str, ...]:
        return ()

    @staticmethod
    def part(entry: Entry, result: CountedImage) -> list[list[Any]]:
        return [[column.typed(row) for column in COLUMNS] for row in rows_of(entry, result)]

    def append(self, entry: Entry, part: list[list[Any]]) -> Contents:
        self._rows += part
        if len(self._rows) >= ROWS_IN_GROUP:
            self._write_group()
        return {NAME: self._written.take()}

    def end(self, photographs: Sequence[PhotographRecord], summary: Summary) -> Contents:
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


def _schema() -> pyarrow.Schema:
    import pyarrow

    types = {str: pyarrow.string(), int: pyarrow.int32(), float: pyarrow.float64(), bool: pyarrow.bool_()}
    return pyarrow.schema([(column.name, types[column.value_type]) for column in COLUMNS])


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
