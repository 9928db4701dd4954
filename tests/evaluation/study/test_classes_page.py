import csv
import io

import pytest

from hemolens.evaluation.study.classes import class_records, read_class_study
from hemolens.evaluation.study.classes_page import classes_csv, classes_line, markdown_classes
from hemolens.evaluation.study.files import write_class_study

from .test_classes import OURS, THEIRS


@pytest.fixture
def study(tmp_path):
    (tmp_path / "cells.csv").write_text(OURS)
    (tmp_path / "theirs.csv").write_text(THEIRS)
    return read_class_study(tmp_path / "cells.csv", tmp_path / "theirs.csv")


@pytest.fixture
def counted(study, tmp_path):
    (tmp_path / "theirs.csv").write_text("image,neutrophil\na.png,300\n")
    return read_class_study(tmp_path / "cells.csv", tmp_path / "theirs.csv")


def test_the_page_shows_shares_and_who_called_what_a_what(study):
    page = markdown_classes(study)
    assert "| monocyte | 75.0 (19.4–99.4) | 33.3 (0.8–90.6) | yes |" in page
    assert "| monocyte | 0 | 1 | 1 | 0.67 |" in page
    assert "1 white cells have no partner by the laboratory, 1 of the laboratory none by the program." in page


def test_without_places_there_is_no_kappa(counted):
    assert "and\nthere is no kappa" in markdown_classes(counted)
    assert "kappa" not in classes_line(counted)


def test_the_line_names_what_lies_outside_the_limits(study, counted):
    line = classes_line(study)
    assert "2 photographs, 4 leukocytes named by the laboratory, 3 by the program" in line
    assert line.endswith("outside Rümke's limits: none; kappa 0.50 (-0.30–1.00)")
    assert "outside Rümke's limits: neutrophil, lymphocyte" in classes_line(counted)


def test_the_table_has_a_row_for_each_class(study):
    rows = {row["class"]: row for row in csv.DictReader(io.StringIO(classes_csv(study)))}
    assert (rows["monocyte"]["reference_cells"], rows["monocyte"]["percent"]) == ("3", "33.33")
    assert (rows["unsure"]["cells"], rows["unsure"]["percent"]) == ("1", "")


def test_three_files_are_written(study, tmp_path):
    write_class_study(study, class_records(study), tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "validate.csv", "validate.html", "validate.json",
    ]  # fmt: skip
