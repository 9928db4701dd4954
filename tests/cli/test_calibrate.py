"""``hemolens calibrate``."""

import tomllib

import pytest

from hemolens.cli import main

TABLE = "smear,plt_frame,plt_per_ul\na,10,100000\nb,20,220000\nc,40,380000\n"


def run(*arguments):
    with pytest.raises(SystemExit) as left:
        main(["calibrate", *map(str, arguments)])
    return left.value.code


def test_factors_are_written_and_said(tmp_path, capsys):
    (tmp_path / "counts.csv").write_text(TABLE, "utf-8")
    assert run(tmp_path / "counts.csv", "--out", tmp_path / "new" / "site.toml") == 0
    assert tomllib.loads((tmp_path / "new" / "site.toml").read_text("utf-8"))["plt"]["n_smears"] == 3
    out = capsys.readouterr().out
    assert "platelets: one per field stands for 10," in out
    assert "Research use only" in out


def test_a_malformed_table_is_exit_status_2_and_writes_nothing(tmp_path, capsys):
    (tmp_path / "counts.csv").write_text("smear,plt_frame\na,1\n", "utf-8")
    assert run(tmp_path / "counts.csv", "--out", tmp_path / "site.toml") == 2
    assert "the table cannot calibrate" in capsys.readouterr().err
    assert not (tmp_path / "site.toml").exists()


def test_the_table_is_not_written_over(tmp_path, capsys):
    (tmp_path / "counts.csv").write_text(TABLE, "utf-8")
    assert run(tmp_path / "counts.csv", "--out", tmp_path / "counts.csv") == 2
    assert "overwrite the table" in capsys.readouterr().err
    assert (tmp_path / "counts.csv").read_text("utf-8") == TABLE
