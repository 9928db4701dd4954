"""``hemolens adapt``."""

import cv2
import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hemolens.cli import main
from hemolens.synthetic import draw_smear
from hemolens.training.adaptation import adapt as module

pytestmark = pytest.mark.train


def run(*arguments):
    with pytest.raises(SystemExit) as left:
        main(["adapt", *map(str, arguments)])
    return left.value.code


@pytest.fixture
def corrected(tmp_path):
    """Two photographs with the boxes of their red cells, in one folder."""
    folder, rows = tmp_path / "corrected", "image,type,x0,y0,x1,y1\n"
    folder.mkdir()
    for n in range(2):
        smear = draw_smear(n, height=200, width=240, n_rbc=11, n_wbc=0, n_plt=0, red_cell_diameter_px=40)
        cv2.imwrite(str(folder / f"{n}.png"), smear.pixels[..., ::-1])
        for row0, col0, row1, col1 in (cell.box for cell in smear.cells):
            rows += f"{n}.png,rbc,{col0},{row0},{col1},{row1}\n"
    (folder / "labels.csv").write_text(rows)
    return folder


def test_a_better_model_is_written_and_counts(corrected, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(module, "is_better", lambda before, after: True)
    out = tmp_path / "my-lab"
    assert run(corrected / "labels.csv", "--out", out, "--settings-only") == 0
    assert {path.name for path in out.iterdir()} == {"my-lab.onnx", "my-lab.toml"}
    said = capsys.readouterr()
    assert "red cells: 22 labelled; counted " in said.out
    assert "No platelets are labelled: they are counted as before." in " ".join(said.err.split())
    picture = corrected / "0.png"
    with pytest.raises(SystemExit) as left:
        main(["count", str(picture), "--model", str(out), "--out", str(tmp_path / "results")])
    assert left.value.code == 0


def test_a_model_that_is_not_better_is_said_and_not_written(corrected, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(module, "is_better", lambda before, after: False)
    assert run(corrected / "labels.csv", "--out", tmp_path / "my-lab", "--settings-only") == 0
    assert "Not better than one-pass beyond the noise: nothing was written" in capsys.readouterr().out
    assert not (tmp_path / "my-lab").exists()


def test_two_photographs_are_too_few_to_train_on(corrected, tmp_path, capsys):
    assert run(corrected / "labels.csv", "--out", tmp_path / "my-lab") == 1
    assert "too few corrected photographs: got 2; allowed: at least 3" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "my-lab").exists()


def test_a_model_is_never_overwritten(corrected, tmp_path, capsys):
    (tmp_path / "my-lab").mkdir()
    (tmp_path / "my-lab" / "my-lab.toml").write_text("mine")
    assert run(corrected / "labels.csv", "--out", tmp_path / "my-lab", "--settings-only") == 2
    assert "a model is never overwritten" in " ".join(capsys.readouterr().err.split())
    assert (tmp_path / "my-lab" / "my-lab.toml").read_text() == "mine"


@pytest.mark.parametrize("name", ["My lab", "one-pass"])
def test_a_name_that_is_none_is_refused(corrected, tmp_path, name):
    assert run(corrected / "labels.csv", "--out", tmp_path / name, "--settings-only") == 2


def test_an_interruption_leaves_nothing(corrected, tmp_path, monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "adapt", interrupted)
    assert run(corrected / "labels.csv", "--out", tmp_path / "my-lab", "--settings-only") == 130
    assert "interrupted, nothing was written" in capsys.readouterr().err
    assert not (tmp_path / "my-lab").exists()


def test_a_classical_model_cannot_be_adapted(corrected, tmp_path, capsys):
    assert (
        run(corrected / "labels.csv", "--out", tmp_path / "my-lab", "--settings-only", "--model", "otsu-watershed") == 1
    )
    assert "this model cannot be adapted: got 'otsu-watershed'" in " ".join(capsys.readouterr().err.split())


# ------------------------------------------------------------------ the classes of white cells


@pytest.fixture
def named(tmp_path):
    """Four photographs with four white cells each, and a table that calls them neutrophils and lymphocytes by turns."""
    folder = tmp_path / "named"
    folder.mkdir()
    lines = ["image,x,y,diameter_px,class"]
    for n in range(4):
        smear = draw_smear(n, height=600, width=800, n_rbc=30, n_wbc=4, n_plt=0)
        cv2.imwrite(str(folder / f"{n}.png"), smear.pixels[..., ::-1])
        for row0, col0, row1, col1 in (cell.box for cell in smear.cells if cell.type == "wbc"):
            called = ("neutrophil", "lymphocyte")[len(lines) % 2]
            lines.append(f"{n}.png,{(col0 + col1) / 2},{(row0 + row1) / 2},{row1 - row0},{called}")
    (folder / "cells.csv").write_text("\n".join(lines))
    return folder / "cells.csv"


def test_a_better_classifier_is_written_and_counts(named, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("hemolens.training.differential.adapt.is_better", lambda found: True)
    out = tmp_path / "mine"
    assert run(named, "--classes", "--out", out) == 0
    assert {path.name for path in out.iterdir()} == {"mine.onnx", "mine.toml"}
    assert "named right before" in capsys.readouterr().out
    with pytest.raises(SystemExit) as left:
        main(["count", str(named.parent / "0.png"), "--classifier", str(out), "--out", str(tmp_path / "results")])
    assert left.value.code == 0
    assert (tmp_path / "results" / "differential.csv").exists()


def test_classes_by_chance_are_not_learned(named, tmp_path, capsys):
    assert run(named, "--classes", "--out", tmp_path / "mine") == 0
    assert "Not better than white-cells beyond the noise: nothing was written" in capsys.readouterr().out
    assert not (tmp_path / "mine").exists()


def test_a_table_without_classes_is_refused(corrected, tmp_path, capsys):
    assert run(corrected / "labels.csv", "--classes", "--out", tmp_path / "mine") == 2
    assert "not those of classes of white cells" in " ".join(capsys.readouterr().err.split())


def test_settings_of_classes_are_refused(named, tmp_path, capsys):
    assert run(named, "--classes", "--settings-only", "--out", tmp_path / "mine") == 2
    assert "classes have no settings to choose" in " ".join(capsys.readouterr().err.split())
