"""``hemolens evaluate``: what the command does with any pipeline, then once the real one."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from hemolens.cli import main
from hemolens.errors import PhotographError
from hemolens.synthetic import draw_smear


def run(*arguments):
    with pytest.raises(SystemExit) as left:
        main(["evaluate", *map(str, arguments)])
    return left.value.code


@pytest.fixture
def folder(tmp_path):
    """A photograph of 40 × 60 pixels with one labelled red cell."""
    (tmp_path / "photos").mkdir()
    Image.fromarray(np.full((40, 60, 3), 200, np.uint8)).save(tmp_path / "photos/a.png")
    (tmp_path / "labels.csv").write_text("image,type,x0,y0,x1,y1\na.png,rbc,5,3,10,8\n", "utf-8")
    return tmp_path


@pytest.fixture
def one_cell(monkeypatch, make_result, make_cell):
    def count_image(photograph):
        return make_result(photograph.name, make_cell(), path=photograph.path)

    monkeypatch.setattr("hemolens.evaluation.folder.evaluate.count_image", count_image)


def failing(error):
    def count_image(photograph):
        raise error

    return count_image


def given(folder, *more):
    return (folder / "labels.csv", "--images", folder / "photos", "--out", folder / "out", *more)


def test_the_figures_are_shown(folder, one_cell, capsys):
    assert run(*given(folder)) == 0
    out = capsys.readouterr().out
    assert "red cells: 1 photographs, 1 true, 1 counted, counting accuracy 100.0 %" in out
    assert "Research use only" in out
    assert (folder / "out/evaluate.html").is_file()


def test_options_reach_the_evaluation(folder, one_cell):
    assert run(*given(folder, "--types", "rbc, plt", "--frame-margin", 3, "--robustness")) == 0
    content = json.loads((folder / "out/evaluate.json").read_text("utf-8"))
    assert (content["run"]["types"], content["run"]["frame_margin_px"]) == (["rbc", "plt"], 3)
    assert any(record["table"] == "robustness" for record in content["records"])


def test_an_unknown_type_is_wrong_usage(folder, capsys):
    assert run(*given(folder, "--types", "rbc,cell")) == 2
    assert "unknown cell type: got 'rbc,cell'; allowed: a list of rbc, wbc, plt" in capsys.readouterr().err


def test_malformed_labels_are_wrong_usage_and_leave_nothing(folder, capsys):
    (folder / "labels.csv").write_text("image,type,x0,y0,x1,y1\na.png,rbc,5,3,x,8\n", "utf-8")
    assert run(*given(folder)) == 2
    assert "x1 in line 2 of 'labels.csv' is not a number: got 'x'" in capsys.readouterr().err
    assert not (folder / "out").exists()


def test_missing_photographs_are_said_and_the_others_measured(folder, one_cell, capsys):
    with (folder / "labels.csv").open("a") as file:
        file.write("gone.png,rbc,0,0,5,5\n")
    assert run(*given(folder)) == 0
    assert "1 labelled photographs are not in" in capsys.readouterr().err


def test_a_photograph_that_fails_is_exit_status_1(folder, one_cell, capsys):
    with (folder / "labels.csv").open("a") as file:
        file.write("b.png,rbc,0,0,5,5\n")
    (folder / "photos/b.png").write_bytes(b"")
    assert run(*given(folder)) == 1
    assert "'b.png': the file is empty" in capsys.readouterr().err
    assert (folder / "out/evaluate.html").is_file()


def test_when_all_fail_nothing_is_written(folder, monkeypatch):
    error = PhotographError("bad", came="a", allowed="b", do="c")
    monkeypatch.setattr("hemolens.evaluation.folder.evaluate.count_image", failing(error))
    assert run(*given(folder)) == 2
    assert not (folder / "out").exists()


def test_an_interrupted_evaluation_writes_nothing(folder, monkeypatch, capsys):
    monkeypatch.setattr("hemolens.evaluation.folder.evaluate.count_image", failing(KeyboardInterrupt()))
    assert run(*given(folder)) == 130
    assert "interrupted, nothing was written" in capsys.readouterr().err
    assert not (folder / "out").exists()


def test_a_drawn_smear_is_measured_well_by_the_real_pipeline(tmp_path):
    smear = draw_smear(seed=5, height=300, width=400, n_rbc=10, n_wbc=1, n_plt=2)
    (tmp_path / "photos").mkdir()
    Image.fromarray(smear.pixels).save(tmp_path / "photos/a.png")
    with (tmp_path / "labels.csv").open("w", newline="") as file:
        rows = [["a.png", c.type, c.box.col0, c.box.row0, c.box.col1, c.box.row1] for c in smear.cells]
        csv.writer(file).writerows([["image", "type", "x0", "y0", "x1", "y1"], *rows])
    assert run(*given(tmp_path)) == 0
    records = json.loads((tmp_path / "out/evaluate.json").read_text("utf-8"))["records"]
    f1 = {record["cell"]: record["value"] for record in records if record["metric"] == "F1"}
    assert f1["rbc"] >= 0.9
    assert f1["wbc"] == 1
