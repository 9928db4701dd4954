import pytest

from hemolens.errors import UsageError
from hemolens.files import text_file as option_file
from hemolens.files.text_file import read_option_file


def read(path):
    return read_option_file(path, what="a site", option="site")


def test_text_comes_without_its_byte_order_mark(tmp_path):
    (tmp_path / "a.toml").write_bytes("\ufeffµ = 1".encode())
    assert read(tmp_path / "a.toml") == "µ = 1"


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(UsageError, match="a site is not a file"):
        read(tmp_path)


def test_a_name_that_no_file_can_have_is_refused():
    with pytest.raises(UsageError, match=r"a site cannot be read: got 'a\\x00b'"):
        read("a\0b")


def test_a_large_file_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(option_file, "MAX_BYTES", 10)
    (tmp_path / "a.toml").write_bytes(b"x" * 11)
    with pytest.raises(UsageError, match="the file of a site is too large"):
        read(tmp_path / "a.toml")


def test_another_encoding_is_refused(tmp_path):
    (tmp_path / "a.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"the file of a site is not text: .* check the path"):
        read(tmp_path / "a.toml")
