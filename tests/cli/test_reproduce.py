import json

import pytest

from hemolens.cli import main
from hemolens.paper import missing


def run(*arguments):
    with pytest.raises(SystemExit) as left:
        main([str(each) for each in arguments])
    return left.value.code


@pytest.fixture(scope="module")
def reproduced(synthetic_all_idb1, tmp_path_factory):
    out = tmp_path_factory.mktemp("reproduced")
    assert run("reproduce", "--data", synthetic_all_idb1, "--weights", out / "weights", "--out", out / "paper") == 0
    return out / "paper"


def test_page_and_figures_are_written(reproduced):
    assert sorted(path.name for path in reproduced.iterdir()) == ["paper.html", "paper.json", "paper.jsonl", "paper.md"]


def test_the_machine_readable_file_is_a_list_of_records(reproduced):
    rows = json.loads((reproduced / "paper.json").read_text())
    needed = "table cell network counter images n_images protocol metric value low high paper_value seed commit"
    assert all(set(needed.split()) <= set(row) for row in rows)


def test_every_shipped_model_of_the_systems_is_measured(reproduced):
    rows = json.loads((reproduced / "paper.json").read_text())
    assert {row["cell"] for row in rows if row["table"] == "counting"} == {"wbc", "plt"}


def test_missing_weights_are_named(synthetic_all_idb1, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("hemolens.paper.measure.measured_photographs", lambda *_: [])
    assert run("reproduce", "--data", synthetic_all_idb1, "--weights", tmp_path, "--out", tmp_path / "out") == 0
    assert "no weights for plt-segnet, " in capsys.readouterr().err


def test_a_folder_that_is_not_all_idb1_is_refused(tmp_path, capsys):
    assert run("reproduce", "--data", tmp_path, "--weights", tmp_path, "--out", tmp_path / "out") == 2
    assert "images.csv" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_missing_archive_is_refused(synthetic_all_idb1, tmp_path, capsys):
    archive = tmp_path / "paper-weights.zip"
    assert run("reproduce", "--data", synthetic_all_idb1, "--weights", archive, "--out", tmp_path / "out") == 2
    assert "there is no such archive of weights: got '" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.train
def test_cited_methods_are_not_trained_here(tmp_path, capsys):
    where = ["--data", tmp_path, "--weights", tmp_path, "--out", tmp_path / "out"]
    assert run("reproduce", "--page", "methods", "--train", *where) == 2
    assert "train each with hemolens train NAME" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.train
def test_an_archive_cannot_be_trained_into(synthetic_all_idb1, tmp_path, capsys):
    where = ["--weights", tmp_path / "paper-weights.zip", "--out", tmp_path / "out"]
    assert run("reproduce", "--data", synthetic_all_idb1, *where, "--train") == 2
    assert "unpack it beside its cards: python -m zipfile -e paper-weights.zip ." in capsys.readouterr().err


@pytest.mark.train
def test_train_makes_what_is_missing_and_then_measures(synthetic_all_idb1, tmp_path, monkeypatch):
    monkeypatch.setattr("hemolens.paper.measure.measured_photographs", lambda *_: [])
    trained, tuned = [], []

    def train(config, data, weights, on_progress):
        trained.append(config.name)
        on_progress(1, config.steps, 10.0)

    monkeypatch.setattr(missing, "train_missing", train)
    monkeypatch.setattr(missing, "untuned", lambda *_: [("system", _Setup)])
    monkeypatch.setattr(missing, "tune_counters", lambda system, config, *_: tuned.append(config.name))
    assert (
        run("reproduce", "--data", synthetic_all_idb1, "--weights", tmp_path, "--out", tmp_path / "out", "--train") == 0
    )
    assert "rbc-do-unet-honest" in trained
    assert tuned == ["some"]


class _Setup:
    name = "some"
