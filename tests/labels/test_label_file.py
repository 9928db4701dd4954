import os

import pytest

from hemolens.errors import LabelError
from hemolens.labels import label_file
from hemolens.labels.label_file import files_in, read_bytes, read_text


def test_a_file_is_read_up_to_its_limit(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    assert read_bytes(tmp_path / "a", 5) == b"12345"
    with pytest.raises(LabelError, match="the file of labels is too large"):
        read_bytes(tmp_path / "a", 4)


@pytest.mark.posix("named pipes")
def test_a_pipe_is_refused_rather_than_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.xml")
    with pytest.raises(LabelError, match="the labels are no file"):
        read_bytes(tmp_path / "a.xml")


def test_what_is_no_text_is_refused(tmp_path):
    (tmp_path / "a").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LabelError, match="not text in UTF-8"):
        read_text(tmp_path / "a")


def test_files_are_found_by_their_ending(tmp_path):
    for name in ("b.TXT", "a.txt", ".hidden.txt", "classes.txt", "a.xml"):
        (tmp_path / name).write_bytes(b"")
    assert [path.name for path in files_in(tmp_path, ".txt", but=["classes.txt"])] == ["a.txt", "b.TXT"]


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(label_file, "MAX_FILES", 1)
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(LabelError, match="too many files of labels: got 2 files in"):
        files_in(tmp_path, ".txt")
