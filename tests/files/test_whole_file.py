import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hemolens.errors import OutputError, UsageError
from hemolens.files.whole_file import WholeFiles, disk_errors_named, write_whole


def content(folder):
    return {p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*") if p.is_file()}


def test_nothing_shows_before_publishing(tmp_path):
    files = WholeFiles(tmp_path / "out")
    (files.draft / "a.txt").write_text("new")
    assert not (tmp_path / "out" / "a.txt").exists()


def test_publishing_replaces_and_leaves_no_draft(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    (tmp_path / "mine.txt").write_text("kept")
    files = WholeFiles(tmp_path)
    (files.draft / "sub").mkdir()
    (files.draft / "a.txt").write_text("new")
    (files.draft / "sub" / "b.txt").write_text("new")
    files.publish()
    assert content(tmp_path) == {"a.txt": "new", "sub/b.txt": "new", "mine.txt": "kept"}
    assert not files.draft.exists()


def test_stale_files_go(tmp_path):
    (tmp_path / "old.txt").write_text("old")
    WholeFiles(tmp_path).publish(stale=[tmp_path / "old.txt", tmp_path / "never-there.txt"])
    assert content(tmp_path) == {}


def test_discarding_changes_nothing(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    files = WholeFiles(tmp_path)
    (files.draft / "a.txt").write_text("new")
    files.discard()
    assert content(tmp_path) == {"a.txt": "old"}


def test_a_second_writer_is_refused_until_the_first_is_done(tmp_path):
    files = WholeFiles(tmp_path)
    with pytest.raises(UsageError, match="another run is writing into the output folder"):
        WholeFiles(tmp_path)
    files.publish()
    WholeFiles(tmp_path).discard()
    assert list(tmp_path.iterdir()) == []


def kill_a_writer(folder, text):
    program = (
        "import os, signal, sys; from pathlib import Path; from hemolens.files.whole_file import WholeFiles\n"
        "files = WholeFiles(Path(sys.argv[1])); (files.draft / 'a.txt').write_text(sys.argv[2]); os._exit(9)"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", program, folder, text], env=environment, check=False).returncode == 9


def test_what_killed_writers_had_written_is_kept(tmp_path):
    for n in (1, 2):
        kill_a_writer(tmp_path, f"text {n}")
        files = WholeFiles(tmp_path)
        assert files.unfinished == [tmp_path / f"unfinished-{n}"]
        files.discard()
    assert content(tmp_path) == {"unfinished-1/a.txt": "text 1", "unfinished-2/a.txt": "text 2"}


def test_an_empty_draft_of_a_killed_writer_goes(tmp_path):
    kill_a_writer(tmp_path, "")
    files = WholeFiles(tmp_path)
    assert files.unfinished == []
    files.discard()
    assert list(tmp_path.iterdir()) == []


def test_a_draft_that_is_being_written_is_left_alone(tmp_path):
    files = WholeFiles(tmp_path)
    (files.draft / "a.txt").write_text("new")
    with pytest.raises(UsageError):
        WholeFiles(tmp_path)
    files.publish()
    assert content(tmp_path) == {"a.txt": "new"}


def test_a_folder_that_has_gone_can_be_discarded(tmp_path):
    files = WholeFiles(tmp_path / "out")
    shutil.rmtree(tmp_path / "out")
    files.discard()
    assert list(tmp_path.iterdir()) == []


def test_discarding_takes_away_a_folder_made_for_it(tmp_path):
    WholeFiles(tmp_path / "out").discard()
    assert list(tmp_path.iterdir()) == []


def test_the_last_file_goes_first_and_comes_last(tmp_path, monkeypatch):
    (tmp_path / "run.json").write_text("old")
    files = WholeFiles(tmp_path)
    for name in ("a.txt", "run.json", "z.txt"):
        (files.draft / name).write_text("new")
    seen = []
    replace = Path.replace

    def watched(self, target):
        seen.append((Path(target).name, (tmp_path / "run.json").exists()))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", watched)
    files.publish(last="run.json")
    assert seen == [("a.txt", False), ("z.txt", False), ("run.json", False)]
    assert (tmp_path / "run.json").read_text() == "new"


def test_a_file_that_cannot_be_replaced_keeps_the_draft_and_says_where(tmp_path):
    (tmp_path / "a.txt").mkdir()
    files = WholeFiles(tmp_path)
    (files.draft / "a.txt").write_text("new")
    with pytest.raises(OutputError, match=r"a\.txt' cannot be replaced.*take the finished files from") as raised:
        files.publish()
    assert str(files.draft) in str(raised.value)
    assert (files.draft / "a.txt").read_text() == "new"


@pytest.mark.parametrize("below", ["", "sub", "sub/deeper"])
def test_a_file_in_the_place_of_the_folder(tmp_path, below):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(UsageError, match="the output folder is not a folder"):
        WholeFiles(tmp_path / "out" / below)
    assert (tmp_path / "out").read_text() == "mine"


def test_a_folder_that_cannot_be_made(tmp_path):
    with pytest.raises(UsageError, match="the output folder cannot be written to"):
        WholeFiles(tmp_path / "bad\0name")


def test_a_folder_without_permission(tmp_path, monkeypatch):
    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    with pytest.raises(UsageError, match=r"cannot be written to: got .*Permission denied"):
        WholeFiles(tmp_path)


def test_write_whole_replaces(tmp_path):
    write_whole(tmp_path / "a.txt", b"old")
    write_whole(tmp_path / "a.txt", b"new")
    assert content(tmp_path) == {"a.txt": "new"}


def test_write_whole_leaves_nothing_half_written(tmp_path, monkeypatch):
    write_whole(tmp_path / "a.txt", b"old")

    def half(self, data):
        self.open("wb").close()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(OutputError, match="cannot be written: got 'No space left on device'"):
        write_whole(tmp_path / "a.txt", b"new")
    assert content(tmp_path) == {"a.txt": "old"}


def test_only_errors_of_the_disk_are_named(tmp_path):
    with pytest.raises(ZeroDivisionError), disk_errors_named(tmp_path):
        _ = 1 / 0
