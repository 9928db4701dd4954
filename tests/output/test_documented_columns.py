import runpy
from pathlib import Path

import pytest

from hemolens.output import cells_csv, counts_csv, differential_csv, red_cells_csv, summary_csv
from hemolens.output.column import Column

ROOT = Path(__file__).parents[2]
DOCUMENTS = runpy.run_path(str(ROOT / "benchmarks" / "documents.py"))
TABLES = (counts_csv, cells_csv, summary_csv, differential_csv, red_cells_csv)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.NAME)
def test_the_reference_has_every_column_as_the_code_has_it(table):
    section = f"### `{table.NAME}`\n"
    page = (ROOT / "docs" / "reference.md").read_text("utf-8")
    text = page.partition(section)[2].partition("\n#")[0]
    assert DOCUMENTS["columns_table"](table.COLUMNS) in text, "python benchmarks/documents.py puts it in"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.NAME)
def test_every_meaning_is_one_sentence_without_a_full_stop(table):
    assert not [column.name for column in table.COLUMNS if not column.meaning or ". " in f"{column.meaning} "]


def test_columns_that_mean_the_same_share_a_line():
    columns = [Column(name, float, "size", lambda row: row, "px", 2) for name in ("rbc", "wbc")]
    columns.insert(1, Column("n", int, "number", lambda row: row))
    assert DOCUMENTS["columns_table"](columns).splitlines() == [
        "| column | written as | unit | meaning |",
        "| --- | --- | --- | --- |",
        "| `rbc`, `wbc` | 2 decimals | px | size |",
        "| `n` | whole number |  | number |",
    ]
