import csv
import io
import json

import pytest

from hemolens.errors import UsageError
from hemolens.evaluation.folder.evaluate import evaluate
from hemolens.evaluation.folder.files import EvaluationFiles, csv_text
from hemolens.evaluation.folder.records import make_records


@pytest.fixture
def labels(write_labels):
    return write_labels("a.png,rbc,5,3,10,8", "b.png,rbc,5,3,10,8")


@pytest.fixture
def evaluation(folder, labels, found, make_cell):
    found["a.png"] = [make_cell(), make_cell("wbc", 30, 30)]
    return evaluate(labels, folder / "photos")


@pytest.fixture
def written(evaluation, labels, folder):
    out = folder / "out"
    with EvaluationFiles(out, labels) as files:
        files.write(evaluation, make_records(evaluation))
    return out


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_all_files_are_written(written):
    assert names(written) == [
        "evaluate.csv", "evaluate.html", "evaluate.json", "evaluate.md", "pictures", "pictures/bland-altman-rbc.svg",
        "pictures/counts-rbc.svg", "pictures/worst-1.jpg", "pictures/worst-2.jpg",
    ]  # fmt: skip


def test_the_html_page_holds_its_pictures(written):
    text = (written / "evaluate.html").read_text("utf-8")
    assert text.count("<svg") == 2
    assert text.count("data:image/jpeg") == 2
    assert 'src="pictures' not in text


def test_the_pictures_of_the_markdown_page_are_there(written):
    text = (written / "evaluate.md").read_text("utf-8")
    assert all(f"({name})" in text for name in names(written) if name.startswith("pictures/"))


def test_the_table_has_a_row_for_each_photograph(evaluation):
    first, second = csv.DictReader(io.StringIO(csv_text(evaluation)))
    kinds = [{key: value for key, value in first.items() if key.startswith(kind)} for kind in ("rbc", "wbc")]
    assert list(kinds[0].values()) == ["1", "1", "1", "0", "0"]
    assert list(kinds[1].values()) == ["", "1", "", "", ""]
    assert (second["image"], second["rbc_false_negatives"]) == ("b.png", "1")


def test_a_name_does_not_become_a_formula(folder, write_labels, found):
    (folder / "photos/a.png").rename(folder / "photos/=1+1.png")
    evaluation = evaluate(write_labels("=1+1.png,rbc,5,3,10,8"), folder / "photos")
    assert csv_text(evaluation).splitlines()[1].startswith("'=1+1.png,")


def test_the_records_come_with_what_was_measured(written):
    content = json.loads((written / "evaluate.json").read_text("utf-8"))
    assert content["run"]["types"] == ["rbc"]
    assert content["run"]["photographs"] == ["a.png", "b.png"]
    assert {record["table"] for record in content["records"]} == {"counts", "bland-altman", "cells"}


def test_pictures_of_an_earlier_evaluation_do_not_stay(written, folder, write_labels, found):
    fewer = evaluate(write_labels("a.png,rbc,5,3,10,8"), folder / "photos")
    with EvaluationFiles(written, folder / "labels.csv") as files:
        files.write(fewer, make_records(fewer))
    assert "pictures/worst-2.jpg" not in names(written)


def test_a_failure_leaves_nothing_behind(folder, labels):
    with pytest.raises(RuntimeError), EvaluationFiles(folder / "out", labels):
        raise RuntimeError
    assert not (folder / "out").exists()


def test_labels_are_not_replaced_by_the_results(folder):
    with pytest.raises(UsageError, match="the evaluation would replace its labels"):
        EvaluationFiles(folder, folder / "evaluate.csv")
