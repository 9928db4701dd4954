import csv
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from hemolens.errors import UsageError
from hemolens.measurements.scale import RedCellDiameter
from hemolens.options import CountOptions


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_overlay_has_the_size_of_the_photograph(make_result, make_cell):
    drawn = make_result("a.png", make_cell()).overlay()
    assert drawn.shape == (40, 60, 3)
    assert drawn.dtype == np.uint8


def test_save_writes_the_five_outputs(make_result, make_cell, tmp_path):
    make_result("a.jpg", make_cell("wbc")).save(tmp_path / "out")
    written = sorted(p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*"))
    assert written == ["cells.csv", "counts.csv", "overlay", "overlay/a.png", "run.json", "summary.csv"]
    assert rows(tmp_path / "out" / "counts.csv")[0]["wbc"] == "1"
    with Image.open(tmp_path / "out" / "overlay" / "a.png") as picture:
        assert picture.size == (60, 40)


def test_save_keeps_results_unless_they_may_be_overwritten(make_result, tmp_path):
    make_result("a.jpg").save(tmp_path)
    with pytest.raises(UsageError, match="set overwrite to replace them"):
        make_result("b.jpg").save(tmp_path)
    assert [row["image"] for row in rows(tmp_path / "counts.csv")] == ["a.jpg"]


def test_a_second_photograph_never_reports_the_first_ones_count(make_result, make_cell, tmp_path):
    # mistake 1 of the paper's released code: an existing output file made it return early
    make_result("a.jpg", make_cell(), make_cell()).save(tmp_path)
    make_result("b.jpg", make_cell()).save(tmp_path, overwrite=True)
    (row,) = rows(tmp_path / "counts.csv")
    assert (row["image"], row["rbc"]) == ("b.jpg", "1")
    assert [cell["image"] for cell in rows(tmp_path / "cells.csv")] == ["b.jpg"]
    assert [p.name for p in (tmp_path / "overlay").iterdir()] == ["b.png"]


def test_the_repr_of_many_cells_is_one_short_line(make_result, make_cell):
    text = repr(make_result("a.png", *[make_cell()] * 3000))
    assert text == "<Result of 'a.png': 3000 red cells, 0 white cells, 0 platelets; accept>"


def test_a_notebook_shows_the_overlay_and_the_counts(make_result, make_cell):
    page = make_result("<b>.png", make_cell("wbc"))._repr_html_()
    assert "data:image/jpeg;base64," in page
    assert "<tr><th>white cells</th><td>1</td></tr>" in page
    assert "&lt;b&gt;.png" in page
    assert "<b>" not in page


@pytest.mark.parametrize(
    ("given", "refused", "stated"),
    [(None, None, 0.3), (None, 0.3, None), (0.1, None, 0.1), (0.1, 0.3, 0.1)],
)
def test_the_stated_scale_is_the_users_else_the_files_unless_it_was_refused(make_result, given, refused, stated):
    made = make_result("a.png", diameter=RedCellDiameter(50, 0.9, refused_um_per_px=refused))
    result = replace(made, image=replace(made.image, um_per_px=0.3), options=CountOptions(um_per_px=given))
    assert result.stated_um_per_px == stated
