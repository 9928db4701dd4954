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
    with pytest.raises(LabelError, match=r"'c', which fits 'c\.jpg', 'c\.png'"):
        find_images(["c"], folder)


def test_two_names_for_one_photograph_are_refused(folder):
    with pytest.raises(LabelError, match=r"both 'x/a\.jpg' and 'y/a\.jpg'"):
        find_images(["x/a.jpg", "y/a.jpg"], folder)


def test_a_folder_that_is_not_there_is_refused(folder):
    with pytest.raises(UsageError, match="the folder of the photographs cannot be read"):
        find_images(["a.jpg"], folder / "nowhere")


@pytest.mark.parametrize(
    ("name", "photograph"),
    [
        ("a1b2c3d4-smear.jpg", "smear.jpg"),
        ("a1b2c3d4-smear", "smear.jpg"),
        ("a1b2c3d4-smear.png", "smear.jpg"),
        ("/data/upload/1/a1b2c3d4-smear.jpg", "smear.jpg"),
        ("/data/upload/1/a1b2c3d4-my_cells_2.jpg", "my cells (2).jpg"),
        ("/data/upload/1/a1b2c3d4-Zell%20Gr%C3%B6%C3%9Fe.jpg", "Zell Größe.jpg"),
        ("/data/local-files/?d=smears%5Csmear.jpg", "smear.jpg"),
        ("/data/local-files/?d=smear.jpg", "smear.jpg"),
        ("my%20cells%20%282%29.jpg", "my cells (2).jpg"),
        ("smear_jpg.rf.0123456789abcdef0123456789abcdef.jpg", "smear.jpg"),
        ("smear_jpg.rf.0123456789abcdef0123456789abcdef", "smear.jpg"),
        ("smear_JPG.rf.Ab3dEf7hIj9lMn.jpg", "smear.JPG"),
        ("my-cells-2-_jpg.rf.0123456789abcdef0123456789abcdef.jpg", "my cells (2).jpg"),
        ("at-11-23_tif.rf.0123456789abcdef0123456789abcdef.jpg", "at 11.23.tif"),
        ("'-1.jpg", "-1.jpg"),
        ("'=a%20b.jpg", "=a%20b.jpg"),
    ],
)
def test_a_name_that_a_tool_changed_is_understood(tmp_path, name, photograph):
    for each in (photograph, "other.jpg"):
        (tmp_path / each).touch()
    assert names(tmp_path, name) == ({name: photograph}, [])


@pytest.mark.parametrize(
    "name", ["20231105-smear.jpg", "A1B2C3D4-smear.jpg", "a1b2-smear.jpg", "a1b2c3d4-ear.jpg", "a1b2c3d4-.jpg",
             "smear_png.rf.01234567.jpg", "smear.rf.jpg", "'smear.jpg"],
)  # fmt: skip
def test_a_name_that_no_tool_makes_of_a_photograph_is_missing(tmp_path, name):
    (tmp_path / "smear.jpg").touch()
    assert names(tmp_path, name) == ({}, [name])


def test_a_photograph_that_is_called_so_comes_before_a_changed_name(tmp_path):
    for each in ("a1b2c3d4-smear.jpg", "smear.jpg"):
        (tmp_path / each).touch()
    assert names(tmp_path, "a1b2c3d4-smear.jpg") == ({"a1b2c3d4-smear.jpg": "a1b2c3d4-smear.jpg"}, [])


def test_a_photograph_that_is_labelled_under_its_own_name_is_no_other(tmp_path):
    (tmp_path / "smear.jpg").touch()
    assert names(tmp_path, "a1b2c3d4-smear.jpg", "smear.jpg") == ({"smear.jpg": "smear.jpg"}, ["a1b2c3d4-smear.jpg"])


def test_a_changed_name_that_can_be_two_photographs_is_refused(tmp_path):
    for each in ("my cells.jpg", "my_cells.jpg"):
        (tmp_path / each).touch()
    with pytest.raises(LabelError, match=r"'a1b2c3d4-my_cells\.jpg', which fits 'my cells\.jpg', 'my_cells\.jpg'"):
        find_images(["a1b2c3d4-my_cells.jpg"], tmp_path)


def test_two_changed_names_of_one_photograph_are_refused(tmp_path):
    (tmp_path / "smear.jpg").touch()
    twice = ["a1b2c3d4-smear.jpg", "smear_jpg.rf.0123456789abcdef.jpg"]
    with pytest.raises(LabelError, match=r"both 'a1b2c3d4-smear\.jpg' and 'smear_jpg\.rf\..* for 'smear\.jpg'"):
        find_images(twice, tmp_path)
