import csv
import io
import json

import pytest

parquet = pytest.importorskip("pyarrow.parquet")

from hemolens.options import CountOptions  # noqa: E402
from hemolens.output.entries import name_entries  # noqa: E402
from hemolens.output.export import parquet as exported  # noqa: E402
from hemolens.output.options import OutputOptions  # noqa: E402
from hemolens.output.run_files import RunFiles  # noqa: E402


def write(folder, *results):
    entries = name_entries([result.image.name for result in results])
    with RunFiles(folder, entries, CountOptions(), OutputOptions(export=["parquet"])) as files:
        for entry, result in zip(entries, results, strict=True):
            files.add(entry, result)
    return parquet.read_table(folder / "cells.parquet")


def test_the_table_is_that_of_cells_csv(tmp_path, drawn, make_result, make_cell):
    table = write(tmp_path, drawn, make_result("b.jpg", make_cell())).to_pylist()
    with (tmp_path / "cells.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(table) == len(rows) == len(drawn.cells) + 1
    for values, row in zip(table, rows, strict=True):
        assert list(values) == list(row)
        assert (values["image"], values["type"]) == (row["image"], row["type"])
        for column in ("cell", "x0", "y0", "x1", "y1", "touches_frame"):
            assert int(values[column]) == int(row[column])
        for column in ("x", "y", "area_px", "diameter_px", "score"):
            assert values[column] == pytest.approx(float(row[column]), abs=0.051)


def test_columns_have_types(tmp_path, make_result):
    schema = write(tmp_path, make_result()).schema
    names = {
        "image": "string",
        "cell": "int32",
        "type": "string",
        "x": "double",
        "x0": "int32",
        "touches_frame": "bool",
    }
    assert {name: str(schema.field(name).type) for name in names} == names


def test_no_cells_are_an_empty_table(tmp_path, make_result):
    assert write(tmp_path, make_result()).num_rows == 0


def test_a_name_is_not_changed(tmp_path, make_result, make_cell):
    assert write(tmp_path, make_result("=1+1.jpg", make_cell())).column("image").to_pylist() == ["=1+1.jpg"]


def test_long_runs_are_written_in_groups(tmp_path, make_result, make_cell, monkeypatch):
    monkeypatch.setattr(exported, "ROWS_IN_GROUP", 4)
    table = write(tmp_path, *(make_result(f"{n}.jpg", *[make_cell()] * 3) for n in range(5)))
    assert table.column("image").to_pylist() == [f"{n}.jpg" for n in range(5) for _ in range(3)]
    assert parquet.ParquetFile(tmp_path / "cells.parquet").num_row_groups == 3


def test_bytes_come_as_soon_as_a_group_is_full(make_result, make_cell, monkeypatch):
    monkeypatch.setattr(exported, "ROWS_IN_GROUP", 2)
    entries = name_entries(["a.jpg", "b.jpg"])
    table = exported.Parquet(entries)
    pieces = [
        table.append(entry, table.part(entry, make_result(entry.image, make_cell(), make_cell()))) for entry in entries
    ]
    assert all(piece["cells.parquet"] for piece in pieces)
    whole = b"".join(piece["cells.parquet"] for piece in [*pieces, table.end([], {})])
    assert parquet.read_table(io.BytesIO(whole)).num_rows == 4


def test_the_record_names_the_format(tmp_path, make_result):
    write(tmp_path, make_result())
    assert json.loads((tmp_path / "run.json").read_text())["output"]["export"] == ["parquet"]
