import pytest

openpyxl = pytest.importorskip("openpyxl")

from hemolens.errors import LabelError, UsageError  # noqa: E402
from hemolens.labels import workbook  # noqa: E402
from hemolens.labels.table import read_table  # noqa: E402


def saved(tmp_path, *rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    return tmp_path / "t.xlsx"


def test_the_first_sheet_is_read(tmp_path):
    path = saved(tmp_path, ["image", "rbc", "size"], ["a.jpg", 12.0, 1.5], [], ["b.jpg", None, 2])
    rows = list(read_table(path).rows)
    assert [row.texts for row in rows] == [
        {"image": "a.jpg", "rbc": "12", "size": "1.5"},
        {"image": "b.jpg", "rbc": "", "size": "2"},
    ]
    assert rows[1].where == "line 4 of 't.xlsx'"


def test_a_cell_beside_the_columns_is_refused(tmp_path):
    with pytest.raises(LabelError, match=r"line 2 of 't\.xlsx' does not fit its columns"):
        read_table(saved(tmp_path, ["image", "rbc"], ["a.jpg", 1, "what is this"]))


def test_what_is_no_workbook_is_refused(tmp_path):
    (tmp_path / "t.xlsx").write_bytes(b"image,rbc")
    with pytest.raises(LabelError, match=r"the file is no workbook: got .*BadZipFile"):
        read_table(tmp_path / "t.xlsx")


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "MAX_UNPACKED_BYTES", 1000)
    with pytest.raises(LabelError, match="the workbook is too large"):
        read_table(saved(tmp_path, ["image", "rbc"], ["a.jpg", 1]))


def test_without_the_library_it_is_said_what_to_install(tmp_path, monkeypatch):
    path = saved(tmp_path, ["image", "rbc"], ["a.jpg", 1])
    monkeypatch.setattr(workbook, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"got no openpyxl for 't\.xlsx'; .*pip install 'hemolens\[export\]'"):
        read_table(path)
