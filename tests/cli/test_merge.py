import csv

import pytest

from hemolens.cli import main


def run(*arguments):
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    return left.value.code or 0


def test_shards_are_counted_and_merged(stub_pipeline, write_photograph, tmp_path, capsys):
    for n in (3, 0, 7):
        write_photograph(f"photographs/{n}.png", n)
    for part in (1, 2):
        assert run("count", tmp_path / "photographs", "--shard", f"{part}/2", "--out", tmp_path / f"{part}") == 0
    assert run("merge", tmp_path / "1", tmp_path / "2", "--out", tmp_path / "out") == 0
    with (tmp_path / "out" / "counts.csv").open(encoding="utf-8", newline="") as file:
        assert [row["rbc"] for row in csv.DictReader(file)] == ["0", "3", "7"]
    assert f"Results in '{tmp_path / 'out'}': counts.csv" in capsys.readouterr().out


def test_a_missing_shard_is_one_line_and_exit_status_2(stub_pipeline, write_photograph, tmp_path, capsys):
    run("count", write_photograph("a.png"), "--shard", "1/2", "--out", tmp_path / "1")
    capsys.readouterr()
    assert run("merge", tmp_path / "1", "--out", tmp_path / "out") == 2
    said = "hemolens: shards are missing: got no 2/2; allowed: all 2 shards; name them, too\n"
    assert capsys.readouterr().err == said
    assert not (tmp_path / "out").exists()


def test_what_is_no_shard_names_the_option(write_photograph, tmp_path, capsys):
    assert run("count", write_photograph("a.png"), "--shard", "3/2", "--out", tmp_path / "1") == 2
    assert capsys.readouterr().err.endswith("(--shard)\n")
