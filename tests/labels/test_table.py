import codecs

import pytest

from hemolens.errors import LabelError
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


def test_a_name_with_a_semicolon_does_not_change_what_separates(tmp_path):
    path = written(tmp_path, 'image,rbc,"note; mine; and more;"\na.jpg,12,x\n')
    assert read_table(path).rows[0].number("rbc") == 12


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
