import codecs
import os
import tracemalloc

import pytest

from hemolens.errors import LabelError
from hemolens.labels import table
from hemolens.labels.box_table import read_box_table
from hemolens.labels.count_table import read_count_table
from hemolens.labels.label_file import MAX_BYTES
from hemolens.labels.table import Row, read_columns, read_table

ROWS = [["image", "rbc", "size"], ["a.jpg", "12", "1,5"]]


def written(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_what_excel_saves_is_read(delimiter, encoding, tmp_path):
    path = written(tmp_path, "\r\n".join(delimiter.join(row) for row in ROWS), encoding)
    (row,) = read_table(path).rows
    assert (row.texts["image"], row.number("rbc"), row.number("size")) == ("a.jpg", 12, 1.5)
    assert read_columns(path) == ROWS[0]


@pytest.mark.posix("named pipes")
def test_the_columns_of_a_pipe_are_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "t.csv")
    assert read_columns(tmp_path / "t.csv") == []


def test_a_name_with_a_semicolon_does_not_change_what_separates(tmp_path):
    path = written(tmp_path, 'image,rbc,"note; mine; and more;"\na.jpg,12,x\n')
    assert next(read_table(path).rows).number("rbc") == 12


@pytest.mark.parametrize(("delimiter", "text"), [(";", "1.234"), (";", "250.000"), ("\t", "1,234"), ("\t", "1.234")])
def test_what_may_be_thousands_is_refused(delimiter, text):
    with pytest.raises(LabelError, match=f"rbc in line 2 can be read as two numbers: got '{text}'"):
        Row("line 2", {"rbc": text}, delimiter).number("rbc")


def test_a_decimal_comma_among_commas_is_refused():
    with pytest.raises(LabelError, match="rbc in line 2 is not a number: got '1,5'"):
        Row("line 2", {"rbc": "1,5"}).number("rbc")


def test_half_a_sign_of_utf_16_is_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(codecs.BOM_UTF16_LE + b"a;b\x00\x00\xd8")
    with pytest.raises(LabelError, match="the labels are not text"):
        read_table(path)


def test_a_table_as_large_as_allowed_takes_less_than_2_gb(tmp_path):
    path = written(tmp_path, "image,type,x0,y0,x1,y1\n" + "a,rbc,0,0,1,1\n" * 5000)
    n_bytes = path.stat().st_size
    tracemalloc.start()
    try:
        read_box_table(read_table(path, n_bytes))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak / n_bytes * MAX_BYTES < 2e9


@pytest.mark.parametrize(
    ("read", "header", "row"),
    [(read_box_table, "image,type,x0,y0,x1,y1", "{},rbc,0,0,1,1"), (read_count_table, "image,rbc", "{},1")],
)
def test_a_table_of_too_many_photographs_is_refused(read, header, row, tmp_path, monkeypatch):
    monkeypatch.setattr(table, "MAX_PHOTOGRAPHS", 3)
    path = written(tmp_path, "\n".join([header, *(row.format(n) for n in range(4))]))
    with pytest.raises(LabelError, match=r"too many photographs: got one more in line 5 of 't\.csv'"):
        read(read_table(path))
