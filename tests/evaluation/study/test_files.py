import csv
import io
import json

import pytest

from hemolens.errors import UsageError
from hemolens.evaluation.study.files import check_kept, csv_text, write_study
from hemolens.evaluation.study.records import make_records


@pytest.fixture
def written(six, tmp_path):
    write_study(six, make_records(six), tmp_path / "out")
    return tmp_path / "out"


def test_three_files_are_written(written):
    assert sorted(path.name for path in written.iterdir()) == ["validate.csv", "validate.html", "validate.json"]


def test_the_page_needs_nothing_else(written):
    text = (written / "validate.html").read_text("utf-8")
    assert text.count("<svg") == 4
    assert "src=" not in text
    assert "Research use only" in text


def test_the_table_has_a_row_for_each_photograph(six):
    rows = list(csv.DictReader(io.StringIO(csv_text(six))))
    assert [row["rbc_difference"] for row in rows] == ["2", "-1", "3", "1", "5", "1"]
    assert [row["plt_reference"] for row in rows] == ["", "1", "2", "", "", ""]


def test_a_name_does_not_become_a_formula(study):
    assert csv_text(study(["=1+1.jpg,9,9,5,1,2,"], ["=1+1.jpg,4"])).splitlines()[1].startswith("'=1+1.jpg,")


def test_the_records_come_with_what_was_compared(written):
    content = json.loads((written / "validate.json").read_text("utf-8"))
    assert [content["run"][table]["name"] for table in ("counts", "reference")] == ["counts.csv", "ours.csv"]
    assert content["run"]["photographs"] == {"rbc": 6, "plt": 2}
    assert {record["table"] for record in content["records"]} == {"counts", "bland-altman", "passing-bablok"}


def test_the_tables_are_not_replaced_by_the_results(tmp_path):
    with pytest.raises(UsageError, match="the study would replace what it compares"):
        check_kept(tmp_path, (tmp_path / "counts.csv", tmp_path / "validate.csv"))


def test_a_file_in_the_place_of_the_folder_is_refused(six, tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(UsageError, match="not a folder"):
        write_study(six, make_records(six), tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"
