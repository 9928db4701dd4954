from pathlib import Path

import pytest

from hemolens.output.results_folder import free_folder


@pytest.mark.parametrize("name", ["run.json", "counts.csv", "cells.csv", "summary.csv"])
def test_a_folder_with_any_table_is_not_free(tmp_path, name):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).touch()
    assert free_folder(tmp_path / "out") == tmp_path / "out-2"


def test_nor_is_one_with_a_file_that_the_run_would_write(tmp_path):
    (tmp_path / "out" / "overlay").mkdir(parents=True)
    (tmp_path / "out" / "overlay" / "a.png").touch()
    assert free_folder(tmp_path / "out", ["overlay/a.png"]) == tmp_path / "out-2"
    assert free_folder(tmp_path / "out", ["overlay/b.png"]) == tmp_path / "out"


def test_a_numbered_folder_that_exists_is_not_taken(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "run.json").touch()
    (tmp_path / "out-2").mkdir()
    assert free_folder(tmp_path / "out") == tmp_path / "out-3"


def test_the_neighbour_of_the_current_folder_lies_beside_it(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "run.json").touch()
    monkeypatch.chdir(tmp_path / "here")
    assert free_folder(Path()) == tmp_path / "here-2"
