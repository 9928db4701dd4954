import json
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
        (tmp_path / NAME).write_bytes(record.bytes())
        return tmp_path

    return write_record


def test_earlier_files_are_those_that_the_run_names(write):
    folder = write("overlay/a.png", None, export=["coco", "voc"])
    assert earlier_files(folder) == [folder / "overlay" / "a.png", folder / "coco.json", folder / "voc" / "a.xml"]


def test_a_forged_record_names_nothing_outside(write):
    names = ["../a.png", "overlay/../a.png", "overlay/sub/a.png", "/etc/a.png", "overlay/..", "a.png", "overlay/a.txt"]
    assert earlier_files(write(*names)) == []


def test_a_record_of_something_else_is_no_error(tmp_path):
    for text in ("", "[]", "{}", json.dumps({"photographs": 1}), "\xff"):
        (tmp_path / NAME).write_text(text, "latin-1")
        assert earlier_files(tmp_path) == []
