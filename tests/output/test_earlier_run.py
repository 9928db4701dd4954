import json
import os
from datetime import UTC, datetime

import pytest

from hemolens.options import CountOptions
from hemolens.output.earlier_run import earlier_files
from hemolens.output.run_record import NAME, PhotographRecord, RunRecord


@pytest.fixture
def write(tmp_path):
    """Write the record of a run whose photographs have such overlays."""

    def write_record(*overlays, **output):
        record = RunRecord.begin(datetime(2026, 1, 2, tzinfo=UTC), options=CountOptions(), output=output)
        record.photographs += [PhotographRecord(image="a", path=None, overlay=name) for name in overlays]
        (tmp_path / NAME).write_text(json.dumps(record.model_dump(mode="json")), "utf-8")
        return tmp_path

    return write_record


def test_earlier_files_are_those_that_the_run_names(write):
    folder = write("overlay/a.png", "overlay/gone.png", None, export=["coco", "voc"])
    for name in ("overlay/a.png", "coco.json", "voc/a.xml"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    assert earlier_files(folder) == [folder / "overlay" / "a.png", folder / "coco.json", folder / "voc" / "a.xml"]


def test_a_forged_record_names_nothing_outside(write):
    names = ["../a.png", "overlay/../a.png", "overlay/sub/a.png", "/etc/a.png", "overlay/..", "a.png", "overlay/a.txt"]
    assert earlier_files(write(*names)) == []


@pytest.mark.parametrize("name", ["a\0", "\ud800", "a" * 5000])
def test_names_that_no_file_can_have_are_passed_over(write, name):
    assert earlier_files(write(f"overlay/{name}.png")) == []


def test_a_folder_of_that_name_is_passed_over(write):
    folder = write("overlay/a.png")
    (folder / "overlay" / "a.png").mkdir(parents=True)
    assert earlier_files(folder) == []


@pytest.mark.posix("symbolic links")
def test_what_lies_behind_a_link_is_passed_over(write, tmp_path_factory):
    folder, mine = write("overlay/a.png"), tmp_path_factory.mktemp("mine")
    (mine / "a.png").touch()
    (folder / "overlay").symlink_to(mine)
    assert earlier_files(folder) == []


@pytest.mark.posix("named pipes")
def test_a_pipe_in_the_place_of_the_record_is_not_read(tmp_path):
    os.mkfifo(tmp_path / NAME)
    assert earlier_files(tmp_path) == []


def test_a_record_of_something_else_is_no_error(tmp_path):
    for text in ("", "[]", "{}", json.dumps({"photographs": 1}), "\xff"):
        (tmp_path / NAME).write_text(text, "latin-1")
        assert earlier_files(tmp_path) == []
