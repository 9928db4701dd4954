"""A column of a table: what it is called, what it means, its value in a row, and how that is written.

A table is a tuple of columns and nothing else: the header, the rows, the types of the Parquet file and the reference
page (``benchmarks/documents.py``) all follow from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from hemolens.files.spreadsheet import number, safe_text
from hemolens.statistics.uncertainty import Interval

Value = str | int | float | bool

Row = TypeVar("Row")
Whole = TypeVar("Whole")


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column of a table.

    Attributes
    ----------
    name : str
        In the header.
    value_type : {str, int, float, bool}
        What its values are.
    meaning : str
        In one sentence without a full stop; columns of different cell types that mean the same share it, and so a line
        of the reference page.
    value : callable
        ``value(row)``; None where it is not known.
    unit : str
        Empty for texts and plain numbers.
    n_decimals : int
        Of a float, where it is written rounded.

    Examples
    --------
    >>> column = Column("side_px", float, "side of the square", lambda side: side, unit="px", n_decimals=1)
    >>> column.text(2), column.text(None)
    ('2.0', '')

    """

    name: str
    value_type: type[Value]
    meaning: str
    value: Callable[[Row], Value | None]
    unit: str = ""
    n_decimals: int = 0

    def typed(self, row: Row) -> Value | None:
        """Give the value as what it is, neither rounded nor changed; None where it is not known."""
        value = self.value(row)
        return None if value is None else self.value_type(value)

    def number(self, row: Row) -> float:
        """Give a figure as the CSV file has it: a float rounded, a bool as 1 or 0; NaN where it is not known."""
        value = self.typed(row)
        if value is None:
            return math.nan
        return round(value, self.n_decimals) if isinstance(value, float) else int(value)

    def text(self, row: Row) -> str:
        """Write the value for a CSV file.

        Returns
        -------
        str
            Empty where the value is not known; a text is kept from being taken for a formula, and a bool is 1 or 0.

        """
        value = self.value(row)
        if value is None:
            return ""
        if self.value_type is float:
            return number(float(value), self.n_decimals)
        return safe_text(str(value)) if self.value_type is str else str(int(value))

    @property
    def written(self) -> str:
        """How the values look in a CSV file, in words.

        >>> Column("area", float, "area", lambda row: row, n_decimals=1).written
        '1 decimal'
        """
        if self.value_type is float and self.n_decimals:
            return f"{self.n_decimals} decimal{'s' if self.n_decimals > 1 else ''}"
        return {str: "text", bool: "1 or 0"}.get(self.value_type, "whole number")

    def of(self, part: Callable[[Whole], Row]) -> Column[Whole]:
        """Make the same column of a table whose rows hold more than those of this one.

        Parameters
        ----------
        part : callable
            ``part(row)`` takes out of the larger row what this column reads.

        """
        value = self.value
        return Column(
            self.name, self.value_type, self.meaning, lambda row: value(part(row)), self.unit, self.n_decimals
        )


def interval_columns(
    name: str,
    meaning: str,
    value: Callable[[Row], Interval | None],
    *,
    short: str,
    unit: str = "",
    n_decimals: int,
) -> tuple[Column[Row], ...]:
    """Make the three columns of a figure with its 95 % interval: ``NAME``, ``NAME_low`` and ``NAME_high``.

    Parameters
    ----------
    name : str
        Of the column with the figure itself.
    meaning : str
        Of the figure.
    value : callable
        ``value(row)``; None where the figure is not known.
    short : str
        What the figure is, in a word or two, for the meanings of the other two.
    unit : str
    n_decimals : int

    """

    def low(row: Row) -> float | None:
        interval = value(row)
        return None if interval is None else interval.low

    def middle(row: Row) -> float | None:
        interval = value(row)
        return None if interval is None else interval.value

    def high(row: Row) -> float | None:
        interval = value(row)
        return None if interval is None else interval.high

    return (
        Column(name, float, meaning, middle, unit, n_decimals),
        Column(f"{name}_low", float, f"lower end of the 95 % interval of {short}", low, unit, n_decimals),
        Column(f"{name}_high", float, f"upper end of the 95 % interval of {short}", high, unit, n_decimals),
    )


def header(columns: Iterable[Column[Row]]) -> tuple[str, ...]:
    """Name the columns of a table, in order."""
    return tuple(column.name for column in columns)


def texts(columns: Iterable[Column[Row]], row: Row) -> tuple[str, ...]:
    """Write one row of a CSV file."""
    return tuple(column.text(row) for column in columns)
