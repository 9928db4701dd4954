import json

import pytest
from PIL import Image

from hemolens.cli import main


def run(*arguments):
    with pytest.raises(SystemExit) as left:
        main(["demo", *map(str, arguments)])
    return left.value.code


def test_truth_is_printed_beside_the_counts(stub_pipeline, tmp_path, capsys):
    assert run("--out", tmp_path / "out") == 0
    out = capsys.readouterr().out
    truth = next(line for line in out.splitlines() if "truth" in line)
    assert truth.split()[-3:] == ["80", "2", "6"]
    assert "counted" in out
    assert "Research use only" in out


def test_the_picture_is_written(stub_pipeline, tmp_path):
    assert run("--out", tmp_path / "out") == 0
    with Image.open(tmp_path / "out" / "synthetic-smear.png") as picture:
        assert picture.mode == "RGB"
    assert (tmp_path / "out" / "overlay" / "synthetic-smear.png").is_file()


def test_a_second_demo_keeps_the_first_one(stub_pipeline, tmp_path):
    assert run("--out", tmp_path / "out", "--seed", 1) == 0
    first = (tmp_path / "out" / "synthetic-smear.png").read_bytes()
    assert run("--out", tmp_path / "out", "--seed", 2) == 0
    assert (tmp_path / "out" / "synthetic-smear.png").read_bytes() == first
    assert (tmp_path / "out-2" / "counts.csv").is_file()


def test_the_seed_draws_another_smear(stub_pipeline, tmp_path):
    hashes = []
    for n, seed in enumerate((1, 1, 2)):
        assert run("--out", tmp_path / str(n), "--seed", seed) == 0
        hashes.append((tmp_path / str(n) / "synthetic-smear.png").read_bytes())
    assert hashes[0] == hashes[1] != hashes[2]
    assert json.loads((tmp_path / "0" / "run.json").read_text())["command"]["seed"] == 1


def test_an_output_that_is_a_file_is_exit_status_2(tmp_path, capsys):
    (tmp_path / "out").write_text("mine")
    assert run("--out", tmp_path / "out") == 2
    assert "the output folder is not a folder" in capsys.readouterr().err


def test_the_real_pipeline_counts_what_was_drawn(tmp_path, capsys):
    assert run("--out", tmp_path / "out") == 0
    lines = capsys.readouterr().out.splitlines()
    truth, counted = (next(line for line in lines if word in line).split()[-3:] for word in ("truth", "counted"))
    rbc, wbc, plt = (abs(int(a) - int(b)) for a, b in zip(truth, counted, strict=True))
    assert rbc <= 4
    assert wbc == 0
    assert plt <= 1
