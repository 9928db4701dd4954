"""Results for taking away are those of the command line, of counts as corrected."""

import csv
import io
import json
import zipfile

import pytest

from hemolens.models.store import DEFAULT_MODEL, count_by_default_with


@pytest.fixture
def packed(client, counted, work):
    """Have results packed; gives the open zip file."""

    def pack(**wanted):
        job = client.post(f"/api/samples/{counted['sample']}/results", json=wanted).json()["id"]
        work()
        assert client.get(f"/api/jobs/{job}").json()["error"] == ""
        answer = client.get(f"/api/jobs/{job}/results.zip")
        assert answer.headers["content-disposition"] == 'attachment; filename="Monday.zip"'
        return zipfile.ZipFile(io.BytesIO(answer.content))

    return pack


def table(archive, name):
    return list(csv.DictReader(io.StringIO(archive.read(name).decode())))


def test_the_files_of_a_run_are_there(packed):
    names = set(packed(report=True, export=["geojson"]).namelist())
    assert {"counts.csv", "cells.csv", "summary.csv", "run.json", "report.html", "report.pdf"} < names
    assert {"overlay/smear.png"} < names


def test_the_tables_have_the_counts_as_corrected(packed, counted, correct):
    correct("delete", cells=["1", "2"])
    (row,) = table(packed(report=False), "counts.csv")
    before = sum(each["total"] for each in counted["count"]["numbers"].values())
    assert sum(int(row[kind]) for kind in ("rbc", "wbc", "plt")) == before - 2
    assert row["cells_removed"] == "2"


def test_the_models_are_those_that_counted_whatever_has_been_chosen_since(packed, tmp_path, monkeypatch):
    monkeypatch.setenv("HEMOLENS_MODELS", str(tmp_path / "models"))
    count_by_default_with("otsu-watershed")
    run = json.loads(packed(report=False).read("run.json"))
    assert {each["model"] for each in run["methods"].values()} == {DEFAULT_MODEL}
    assert run["photographs"][0]["models"] == {kind: each["sha256"] for kind, each in run["methods"].items()}


def test_classes_that_people_have_named_are_in_the_tables(packed, client, counted, correct):
    cells = client.get(f"/api/photographs/{counted['id']}/cells").json()["cells"]
    white = next(cell["id"] for cell in cells if cell["type"] == "wbc")
    correct("classify", cells=[white], white_cell_class="basophil")
    archive = packed(report=False)
    by_class = {row["class"]: row for row in table(archive, "differential.csv")}
    assert (by_class["basophil"]["cells"], by_class["basophil"]["percent"]) == ("1", "100.0")
    assert "basophil" in {row["class"] for row in table(archive, "cells.csv")}


def test_the_tables_name_who_signed(packed, client, counted):
    client.post(f"/api/samples/{counted['sample']}/sign-off", json={"name": "A. Reader"})
    (row,) = table(packed(report=False), "counts.csv")
    assert row["signed_by"] == "A. Reader"


def test_a_photograph_that_was_not_counted_is_named_with_the_reason(packed, upload, work):
    upload(b"hello", "bad.jpg")
    work()
    rows = {row["image"]: row for row in table(packed(report=False), "counts.csv")}
    assert rows["bad.jpg"]["error"]
    assert rows["smear.png"]["error"] == ""


def test_photographs_come_with_labels_that_name_them(packed, picture):
    archive = packed(report=False, photographs=True)
    assert archive.read("photographs/smear.png") == picture
    assert [image["file_name"] for image in json.loads(archive.read("coco.json"))["images"]] == ["smear.png"]


def test_a_format_that_does_not_exist_is_refused_at_once(client, counted):
    answer = client.post(f"/api/samples/{counted['sample']}/results", json={"export": ["docx"]})
    assert answer.status_code == 422
    assert "docx" in answer.json()["what"]


def test_a_sample_without_counts_has_no_results(client, sample):
    assert client.post(f"/api/samples/{sample}/results", json={}).status_code == 409


def test_results_that_are_not_packed_yet_are_waited_for(client, counted):
    job = client.post(f"/api/samples/{counted['sample']}/results", json={}).json()["id"]
    assert client.get(f"/api/jobs/{job}/results.zip").status_code == 409
