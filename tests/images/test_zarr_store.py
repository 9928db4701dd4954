"""Nothing is read that lies outside the store, is no file, or is larger than it may be."""

import json
import os

import pytest
from pydantic import BaseModel

from hemolens.errors import LabelError
from hemolens.images import zarr_store
from hemolens.images.zarr_store import Store, is_store


class Metadata(BaseModel):
    axes: list[int]


def refusal(path, came, allowed):
    return LabelError(path.name, came=came, allowed=allowed, do="")


@pytest.fixture
def store(tmp_path):
    (tmp_path / "a.zarr").mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    return Store(
        tmp_path / "a.zarr", lambda path, came, allowed: LabelError(path.name, came=came, allowed=allowed, do="")
    )


def test_a_file_is_read_whole_or_in_part(store):
    (store.folder / "c").write_bytes(b"0123456789")
    assert store.read("c", 10) == b"0123456789"
    assert store.read_part("c", 3, 2) == b"34"
    assert store.read_part("c", -3, 2) == b"78"


def test_of_a_file_that_is_not_there_nothing_is_read(store):
    assert store.read("c", 10) is None
    assert store.read_part("c", 0, 10) is None


def test_a_larger_file_is_refused(store):
    (store.folder / "c").write_bytes(bytes(11))
    with pytest.raises(LabelError, match="c: got a larger file; allowed: at most 10 bytes"):
        store.read("c", 10)


def test_a_file_that_ends_before_is_refused(store):
    (store.folder / "c").write_bytes(bytes(11))
    with pytest.raises(LabelError, match="got a file that is cut short; allowed: 4 bytes from 8 on"):
        store.read_part("c", 8, 4)


@pytest.mark.posix("symbolic links")
@pytest.mark.parametrize("name", ["../secret", "link", "folder/secret"])
def test_what_lies_elsewhere_is_refused(store, name):
    (store.folder / "link").symlink_to("../secret")
    (store.folder / "folder").symlink_to("..")
    with pytest.raises(LabelError, match="got a link that leads elsewhere; allowed: what lies in the store"):
        store.read(name, 10)


@pytest.mark.posix("symbolic links")
def test_a_link_within_the_store_is_followed(store):
    (store.folder / "c").write_bytes(b"0")
    (store.folder / "link").symlink_to("c")
    assert store.read("link", 10) == b"0"


@pytest.mark.posix("named pipes")
def test_what_is_no_file_is_refused(store):
    os.mkfifo(store.folder / "c")
    with pytest.raises(LabelError, match="c: got neither a file nor a folder"):
        store.read("c", 10)


def test_a_name_that_no_file_can_have_is_refused(store):
    with pytest.raises(LabelError, match=r"a file that cannot be read|got no"):
        store.read_json("a" * 5000, Metadata)


def test_metadata_of_both_versions_are_read(store):
    (store.folder / ".zattrs").write_text(json.dumps({"axes": [1]}))
    assert store.read_ome(".", Metadata).axes == [1]
    (store.folder / "zarr.json").write_text(json.dumps({"attributes": {"ome": {"axes": [2]}}}))
    assert store.read_ome(".", Metadata).axes == [2]


def test_metadata_that_are_missing_or_say_something_else_are_refused(store):
    with pytest.raises(LabelError, match=r"a\.zarr: got no '\.zattrs'; allowed: metadata of OME-Zarr 0\.4 or 0\.5"):
        store.read_ome(".", Metadata)
    (store.folder / "zarr.json").write_text('{"attributes": {"ome": {"axes": "x"}}}')
    with pytest.raises(LabelError, match=r"'zarr\.json: attributes\.ome\.axes: "):
        store.read_ome(".", Metadata)


def test_metadata_nested_too_deep_are_refused(store):
    (store.folder / ".zattrs").write_text('{"axes": ' + "[" * 100_000 + "]" * 100_000 + "}")
    with pytest.raises(LabelError, match="recursion limit exceeded"):
        store.read_ome(".", Metadata)


def test_metadata_that_are_too_large_are_refused(store, monkeypatch):
    monkeypatch.setattr(zarr_store, "MAX_METADATA_BYTES", 20)
    (store.folder / ".zattrs").write_text(" " * 21)
    with pytest.raises(LabelError, match="a larger file"):
        store.read_ome(".", Metadata)


def test_a_folder_is_a_store_when_it_says_so(store):
    assert not is_store(store.folder)
    (store.folder / ".zgroup").touch()
    assert is_store(store.folder)
