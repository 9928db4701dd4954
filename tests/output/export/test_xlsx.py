import csv

import pytest

openpyxl = pytest.importorskip("openpyxl")

from hemolens.options import CountOptions  # noqa: E402
from hemolens.output import cells_csv, counts_csv, summary_csv  # noqa: E402
from hemolens.output.entries import name_entries  # noqa: E402
from hemolens.output.export import xlsx  # noqa: E402
from hemolens.output.options import OutputOptions  # noqa: E402
from hemolens.output.run_files import RunFiles  # noqa: E402


def write(folder, *results, failed=(), error="it is no photograph"):
    entries = name_entries([*(result.image.name for result in results), *failed])
    with RunFiles(folder, entries, CountOptions(), OutputOptions(export=["xlsx"])) as files:
        for entry, result in zip(entries, results, strict=False):
            files.add(entry, result)
        for entry in entries[len(results) :]:
            files.add_failure(entry, error)
    return {sheet.title: list(sheet.values) for sheet in openpyxl.load_workbook(folder / xlsx.NAME)}


def as_in_csv(value):
    return "" if value is None else value if isinstance(value, str) else float(value)


@pytest.mark.parametrize(
    ("sheet", "file"), [("photographs", "counts.csv"), ("cells", "cells.csv"), ("summary", "summary.csv")]
)
def test_each_sheet_has_what_its_csv_file_has(sheet, file, tmp_path, drawn):
    names, *rows = write(tmp_path, drawn, failed=["b.jpg"])[sheet]
    with (tmp_path / file).open(encoding="utf-8", newline="") as table:
        expected_names, *expected = csv.reader(table)
    assert list(names) == expected_names
    for row, texts in zip(rows, expected, strict=True):
        for value, text in zip(row, texts, strict=True):
            assert as_in_csv(value) == (text if isinstance(value, str | None) else float(text))


def test_every_column_is_explained(tmp_path, make_result):
    rows = write(tmp_path, make_result())["columns"][1:]
    tables = {"photographs": counts_csv, "cells": cells_csv, "summary": summary_csv}
    assert [row[:2] for row in rows] == [(name, each.name) for name, of in tables.items() for each in of.COLUMNS]
    assert all(row[3] for row in rows)


@pytest.mark.parametrize("name", ["=1+1.jpg", "-1.jpg", "@a.jpg"])
def test_a_name_is_a_text_and_no_formula(name, tmp_path, make_result):
    write(tmp_path, make_result(name))
    cell = openpyxl.load_workbook(tmp_path / xlsx.NAME)["photographs"]["A2"]
    assert (cell.value, cell.data_type) == (name, "s")


def test_a_sign_that_no_workbook_may_hold_is_replaced(tmp_path):
    names, row = write(tmp_path, failed=["a.jpg"], error="bad \x01")["photographs"]
    assert dict(zip(names, row, strict=True))["error"] == "bad \ufffd"


def test_of_too_many_cells_the_first_are_there_and_it_is_said(tmp_path, drawn, monkeypatch):
    monkeypatch.setattr(xlsx, "MOST_ROWS", 4)
    sheets = write(tmp_path, drawn)
    assert [row[1] for row in sheets["cells"]] == ["cell", 1, 2, 3]
    assert sheets["columns"][1][3].startswith(f"the first 3 of {len(drawn.cells)} cells")
