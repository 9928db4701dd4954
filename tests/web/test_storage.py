"""Files called by what they hold."""

import hashlib

import pytest

from hemolens.errors import OutputError
from hemolens.web.storage import Storage


@pytest.fixture
def storage(tmp_path):
    return Storage(tmp_path)


def everything(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_file_is_called_by_its_content(storage):
    assert storage.keep(b"abc", ".png") == hashlib.sha256(b"abc").hexdigest() + ".png"


def test_the_same_bytes_are_kept_once(storage, tmp_path):
    assert storage.keep(b"abc", ".png") == storage.keep(b"abc", ".png")
    assert len(everything(tmp_path)) == 1


def test_what_was_kept_is_read(storage):
    assert storage.read(storage.keep(b"abc", ".png")) == b"abc"


def test_a_draft_that_is_not_kept_leaves_nothing(storage, tmp_path):
    def break_off():
        with storage.draft() as draft:
            draft.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert everything(tmp_path) == []


def test_what_a_killed_service_left_half_received_is_removed(storage, tmp_path):
    (tmp_path / "drafts" / "tmpx1y2").write_bytes(b"half")
    storage.clear_drafts()
    assert everything(tmp_path) == []


@pytest.mark.parametrize("name", ["", "../x", "a/b", "/etc/passwd", "0" * 64 + "/x", "0" * 64 + ".png\n", "A" * 64])
def test_only_names_of_the_storage_are_paths(storage, name):
    with pytest.raises(ValueError, match="not a name"):
        storage.path(name)


def test_a_full_disk_is_told_in_words(storage, tmp_path):
    def write_what_does_not_fit():
        with storage.draft() as draft:
            draft.write(b"half")
            raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match=r"No space left on device.*make room"):
        write_what_does_not_fit()
    assert everything(tmp_path) == []


def test_files_that_others_wrote_are_called_by_their_content_too(storage):
    with storage.draft() as draft:
        draft.path.write_bytes(b"packed")
        assert draft.adopt(".zip") == hashlib.sha256(b"packed").hexdigest() + ".zip"
