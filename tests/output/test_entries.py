import pytest

from hemolens.output.entries import name_entries


def images(*paths):
    return [entry.image for entry in name_entries(paths)]


def overlays(*paths):
    return [entry.overlay for entry in name_entries(paths)]


def test_no_photographs_have_no_names():
    assert name_entries([]) == []


def test_a_unique_file_name_is_the_name():
    assert images("x/y/a.jpg", "x/b.jpg") == ["a.jpg", "b.jpg"]


def test_as_many_folders_as_needed_tell_two_apart():
    assert images("p/q/1.jpg", "r/q/1.jpg", "p/q/2.jpg") == ["p/q/1.jpg", "r/q/1.jpg", "2.jpg"]


def test_a_path_that_is_the_end_of_another():
    assert images("a/x.jpg", "b/a/x.jpg", "x.jpg") == ["a/x.jpg", "b/a/x.jpg", "x.jpg"]


def test_the_same_path_twice():
    assert images("a.jpg", "a.jpg") == ["a.jpg", "a.jpg (2)"]


def test_the_path_is_kept_as_given():
    assert name_entries(["../q/a.jpg"])[0].given == "../q/a.jpg"


def test_overlay_takes_the_name_without_its_ending():
    assert overlays("q/a.jpg") == ["overlay/a.png"]


@pytest.mark.parametrize(
    "paths",
    [
        ("a.jpg", "a.png"),
        ("p/a.jpg", "q/a.jpg"),
        ("p_a.jpg", "p/a.jpg", "q/a.jpg"),
        ("a.jpg", "a.png", "a.jpg.tif"),
        ("A.jpg", "a.jpg"),
        ("é.jpg", "e\u0301.jpg"),
        ("x" * 250 + "1.jpg", "x" * 250 + "2.jpg", "y" + "x" * 250 + "1.jpg"),
        ("a:b.jpg", "a?b.jpg"),
    ],
)
def test_no_overlay_overwrites_another(paths):
    assert len({name.casefold() for name in overlays(*paths)}) == len(paths)
    assert len(set(images(*paths))) == len(paths)


@pytest.mark.parametrize("path", ["../../a.jpg", "/a.jpg", "..", ".", "", ".hidden", "a/../../b.jpg", "C:\\a.jpg"])
def test_no_overlay_leaves_its_folder(path):
    pairs = name_entries([path, f"q/{path}"])
    for entry in pairs:
        name = entry.overlay.removeprefix("overlay/").removesuffix(".png")
        assert name
        assert not set(name) & set('/\\:*?"<>|')
        assert not name.startswith(".")


def test_a_file_name_of_many_bytes_stays_within_what_disks_take():
    (name,) = overlays("血" * 80 + ".jpg")
    assert len(name.removeprefix("overlay/").encode()) <= 255


def test_control_characters_are_written_as_escapes():
    assert images("a\nb\x1b[31m.jpg") == ["a\\nb\\x1b[31m.jpg"]


def test_marks_that_turn_the_direction_of_text_are_written_as_escapes():
    assert images("\u202egpj.exe.jpg", "\u2066b.jpg") == ["\\u202egpj.exe.jpg", "\\u2066b.jpg"]


def test_letters_of_any_script_and_joined_signs_stay_as_they_are():
    names = ["مسحة.jpg", "血.jpg", "👩\u200d🔬.jpg"]
    assert images(*names) == names


def test_bytes_that_are_no_text_are_written_as_escapes():
    (name,) = images("a\udcff.jpg")
    assert name.encode("utf-8") == b"a\\udcff.jpg"
