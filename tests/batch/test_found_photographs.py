import errno
from pathlib import Path

import pytest

from hemolens.batch.found_photographs import find_photographs


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Make a folder of empty files, named by the test, and stand in it."""
    monkeypatch.chdir(tmp_path)

    def make(*names):
        for name in names:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).touch()
        return tmp_path

    return make


def names(found):
    return [item.found.as_posix() if isinstance(item.found, Path) else "error" for item in found.photographs]


def test_a_file_is_found(folder):
    folder("a.jpg")
    assert names(find_photographs(["a.jpg"])) == ["a.jpg"]


def test_a_file_with_any_suffix_is_taken_when_it_is_named(folder):
    folder("scan.dat")
    assert names(find_photographs([Path("scan.dat")])) == ["scan.dat"]


def test_a_folder_gives_its_photographs_in_natural_order(folder):
    folder("d/Im10.jpg", "d/Im2.jpg", "d/im1.PNG", "d/Im2b.tif")
    assert names(find_photographs(["d"])) == ["d/im1.PNG", "d/Im2.jpg", "d/Im2b.tif", "d/Im10.jpg"]


def test_a_folder_is_not_searched_deeper_and_hidden_and_other_files_are_skipped(folder):
    folder("d/a.jpg", "d/deeper/b.jpg", "d/.hidden.jpg", "d/._a.jpg", "d/notes.txt", "d/e.jpg/f.txt")
    assert names(find_photographs(["d"])) == ["d/a.jpg"]


@pytest.mark.parametrize("suffix", [".jpg", ".JPEG", ".png", ".tif", ".ome.tiff", ".bmp", ".webp"])
def test_known_suffixes(folder, suffix):
    folder(f"d/a{suffix}")
    assert names(find_photographs(["d"])) == [f"d/a{suffix}"]


def test_a_pattern_gives_what_matches_in_natural_order(folder):
    folder("Im10.jpg", "Im2.jpg", "Im1.txt", "other.jpg")
    assert names(find_photographs(["Im*"])) == ["Im2.jpg", "Im10.jpg"]


def test_an_absolute_pattern_works(folder):
    root = folder("a.jpg")
    assert names(find_photographs([f"{root}/*.jpg"])) == [(root / "a.jpg").as_posix()]


@pytest.mark.parametrize("argument", ["d/a.ome.zarr", "d/a.ome.zarr/", "d", "d/*.zarr", "d/**"])
def test_a_folder_called_zarr_is_one_slide(folder, argument):
    folder("d/a.ome.zarr/zarr.json", "d/a.ome.zarr/thumbnail.jpg", "d/a.ome.zarr/0/b.zarr/0.png")
    assert names(find_photographs([argument])) == ["d/a.ome.zarr"]


def test_a_file_called_zarr_and_a_folder_called_otherwise_are_passed_over(folder):
    folder("d/a.zarr", "d/b.svs/c.jpg", "d/e.jpg")
    assert names(find_photographs(["d"])) == ["d/e.jpg"]


def test_a_pattern_reaches_deeper_with_two_stars(folder):
    folder("d/a.jpg", "d/e/b.jpg")
    assert names(find_photographs(["d/**/*.jpg"])) == ["d/a.jpg", "d/e/b.jpg"]


def test_a_literal_name_comes_before_a_pattern(folder):
    folder("smear[1].jpg", "smear1.jpg")
    assert names(find_photographs(["smear[1].jpg"])) == ["smear[1].jpg"]


def test_a_literal_folder_with_brackets_comes_before_a_pattern(folder):
    folder("day[1]/a.jpg", "day1/b.jpg")
    assert names(find_photographs(["day[1]"])) == ["day[1]/a.jpg"]


def test_a_missing_file_is_kept_so_that_reading_it_fails(folder):
    folder("b.jpg")
    assert names(find_photographs(["missing.jpg", "b.jpg"])) == ["missing.jpg", "b.jpg"]


@pytest.mark.posix("symbolic links")
def test_a_broken_link_in_a_folder_is_kept_so_that_reading_it_fails(folder):
    folder("d/a.jpg")
    Path("d/b.jpg").symlink_to("gone.jpg")
    assert names(find_photographs(["d"])) == ["d/a.jpg", "d/b.jpg"]


@pytest.mark.posix("symbolic links")
def test_a_broken_link_is_not_taken_for_a_pattern(folder):
    folder("b1.jpg")
    Path("b[1].jpg").symlink_to("gone.jpg")
    assert names(find_photographs(["b[1].jpg"])) == ["b[1].jpg"]


def test_a_folder_without_photographs_is_one_error_among_the_others(folder):
    folder("a.jpg", "d/notes.txt")
    found = find_photographs(["d", "a.jpg"])
    assert names(found) == ["error", "a.jpg"]
    assert found.photographs[0].argument == "d"
    assert str(found.photographs[0].found).startswith("the folder holds no photograph: got 'd'; allowed: a folder,")


def test_a_pattern_without_matches_is_one_error_among_the_others(folder):
    folder("a.jpg", "b.txt")
    found = find_photographs(["b*", "a.jpg"])
    assert names(found) == ["error", "a.jpg"]
    assert str(found.photographs[0].found).startswith("no photograph has such a name: got 'b*'; allowed: a folder,")


def test_a_folder_that_cannot_be_read_is_an_error(folder, monkeypatch):
    folder("d/a.jpg")

    def refuse(_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    (item,) = find_photographs(["d"]).photographs
    assert str(item.found).startswith("the folder cannot be read: got 'd' (Permission denied); allowed:")


@pytest.mark.parametrize("argument", ["", "  "])
def test_an_empty_argument_does_not_mean_the_current_folder(folder, argument):
    folder("a.jpg")
    (item,) = find_photographs([argument]).photographs
    assert str(item.found).startswith("the name of a photograph is empty: got '")


@pytest.mark.posix("symbolic links")
def test_the_same_file_is_given_once(folder):
    root = folder("d/a.jpg")
    Path("link.jpg").symlink_to("d/a.jpg")
    arguments = ["d/a.jpg", "d", "d/../d/a.jpg", "*/a.jpg", root / "d" / "a.jpg", "link.jpg"]
    assert names(find_photographs(arguments)) == ["d/a.jpg"]


def test_files_of_one_name_in_two_folders_are_two(folder):
    folder("d/a.jpg", "e/a.jpg")
    assert names(find_photographs(["d", "e"])) == ["d/a.jpg", "e/a.jpg"]


def test_the_order_of_the_arguments_is_kept(folder):
    folder("b.jpg", "a.jpg")
    assert names(find_photographs(["b.jpg", "a.jpg"])) == ["b.jpg", "a.jpg"]


def test_no_argument_finds_nothing():
    assert find_photographs([]).photographs == []


def test_a_null_byte_in_a_name_is_left_to_reading(folder):
    folder()
    assert names(find_photographs(["a\0*.jpg"])) == ["a\0*.jpg"]


def test_what_a_folder_holds_besides_is_counted_by_kind(folder):
    folder("d/a.jpg", "d/b.CR3", "d/c.cr3", "d/e.czi", "d/README", "d/.hidden", "d/f/g.jpg", "d/h/i.jpg")
    assert find_photographs(["d"]).passed_over == "2 .cr3, 1 .czi, 1 file without suffix, 2 folders (--recursive)"


def test_folders_inside_a_folder_are_searched_on_request(folder):
    folder("d/a.jpg", "d/f/g.jpg", "d/f/h/i.jpg", "d/f/notes.txt", "d/.hidden/k.jpg", "d/z.zarr/zarr.json")
    found = find_photographs(["d"], recursive=True)
    assert names(found) == ["d/a.jpg", "d/z.zarr", "d/f/g.jpg", "d/f/h/i.jpg"]
    assert found.passed_over == "1 .txt"


@pytest.mark.posix("symbolic links")
def test_a_link_to_the_folder_itself_is_not_followed(folder):
    folder("d/a.jpg")
    Path("d/again").symlink_to(".")
    found = find_photographs(["d"], recursive=True)
    assert names(found) == ["d/a.jpg"]
    assert found.passed_over == "1 linked folder"


@pytest.mark.parametrize("argument", ["d", "d/**/*.*", "d/**/*.png"])
def test_results_of_an_earlier_run_are_not_photographs(folder, argument):
    folder("d/a.png", "d/out/overlay/a.png", "d/out/labels/rbc/a.png", "d/out/synthetic-smear.png")
    Path("d/out/run.json").write_text('{"schema_version": 1, "hemolens": "0.1.0"}', "utf-8")
    found = find_photographs([argument], recursive=True)
    assert names(found) == ["d/a.png", "d/out/synthetic-smear.png"]
    assert "2 results of earlier runs" in found.passed_over


def test_a_folder_of_the_user_that_is_called_like_one_is_searched(folder):
    folder("d/overlay/a.png")
    assert names(find_photographs(["d"], recursive=True)) == ["d/overlay/a.png"]


def test_a_result_that_is_named_itself_is_taken(folder):
    folder("out/overlay/a.png")
    Path("out/run.json").write_text('{"schema_version": 1, "hemolens": "0.1.0"}', "utf-8")
    assert names(find_photographs(["out/overlay/a.png"])) == ["out/overlay/a.png"]
