import math

import numpy as np
import pytest

from hemolens.output.column import Column, header, interval_columns, texts
from hemolens.statistics.uncertainty import Interval


def column(value_type, n_decimals=0, **given):
    return Column("x", value_type, "what it is", lambda row: row, n_decimals=n_decimals, **given)


@pytest.mark.parametrize(
    ("value_type", "value", "text"),
    [
        (str, "=1+1.jpg", "'=1+1.jpg"),
        (int, np.int64(7), "7"),
        (int, 0, "0"),
        (float, 2, "2.00"),
        (float, np.float32(0.5), "0.50"),
        (float, math.nan, ""),
        (bool, np.True_, "1"),
        (bool, False, "0"),
    ],
)
def test_a_value_is_written_as_its_column_says(value_type, value, text):
    assert column(value_type, 2).text(value) == text


@pytest.mark.parametrize("value_type", [str, int, float, bool])
def test_what_is_not_known_is_empty(value_type):
    assert column(value_type).text(None) == ""
    assert column(value_type).typed(None) is None


def test_a_typed_value_is_neither_rounded_nor_changed():
    assert column(float, 2).typed(1.2345) == 1.2345
    assert column(str).typed("=1+1.jpg") == "=1+1.jpg"


def test_a_number_is_rounded_as_it_is_written():
    assert column(float, 2).number(1.2345) == 1.23
    assert column(bool).number(True) == 1
    assert math.isnan(column(int).number(None))


def test_a_column_of_a_part_is_one_of_the_whole():
    whole = column(int).of(lambda row: row["part"])
    assert (whole.name, whole.text({"part": 3})) == ("x", "3")


def test_an_interval_has_three_columns():
    columns = interval_columns("n", "number", lambda row: row, short="that number", n_decimals=1)
    assert header(columns) == ("n", "n_low", "n_high")
    assert texts(columns, Interval(2.0, 1.0, 3.0)) == ("2.0", "1.0", "3.0")
    assert texts(columns, None) == ("", "", "")
