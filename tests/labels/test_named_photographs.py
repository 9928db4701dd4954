import pytest

from hemolens.errors import LabelError, UsageError
from hemolens.labels.named_photographs import find_images


@pytest.fixture
def folder(tmp_path):
    for name in ("a.jpg", "b.png", "notes.txt", ".hidden.jpg", "c.jpg", "c.png"):
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def names(folder, *wanted):
    found, missing = find_images(wanted, folder)
    return {name: path.name for name, path in found.items()}, missing


@pytest.mark.parametrize("name", ["a.jpg", "a", "a.png", "train/a.jpg", "C:\\photos\\a.jpg"])
def test_a_photograph_is_found_by_its_name(folder, name):
    assert names(folder, name) == ({name: "a.jpg"}, [])


@pytest.mark.parametrize("name", ["d.jpg", "notes.txt", ".hidden.jpg", "", "..", "a.b"])
def test_what_is_not_there_is_missing(folder, name):
    assert names(folder, name) == ({}, [name])


def test_no_name_leads_out_of_the_folder(folder):
    (folder / "inside").mkdir()
    assert names(folder / "inside", "../a.jpg") == ({}, ["../a.jpg"])


def test_a_full_name_is_never_ambiguous(folder):
    assert names(folder, "c.png") == ({"c.png": "c.png"}, [])


def test_a_name_that_fits_two_photographs_is_refused(folder):
    with pytest.raises(LabelError, match=r"'c', which fits c\.jpg, c\.png"):
        find_images(["c"], folder)


def test_two_names_for_one_photograph_are_refused(folder):
    with pytest.raises(LabelError, match=r"both 'x/a\.jpg' and 'y/a\.jpg'"):
        find_images(["x/a.jpg", "y/a.jpg"], folder)


def test_a_folder_that_is_not_there_is_refused(folder):
    with pytest.raises(UsageError, match="the folder of the photographs cannot be read"):
        find_images(["a.jpg"], folder / "nowhere")
