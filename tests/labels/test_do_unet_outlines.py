import json

import pytest

from hemolens.errors import LabelError, UsageError
from hemolens.labels import read_labels
from hemolens.labels.do_unet_outlines import read_do_unet_outlines

OUTLINE = [(3, 2), (7, 2), (7, 9), (3, 9)]


def content(*outlines, name="a.jpg"):
    markup = [
        {"shape": 5, "vertices": [{"x": x, "y": y} for x, y in points], "object_label": "Truck"} for points in outlines
    ]
    image = {"image_name": name, "image_height": 40, "image_width": 60}
    return {"version": "v0.0.1", "image_information": image, "markup": markup}


@pytest.fixture
def write(tmp_path):
    def write_file(value, name="a.json"):
        path = tmp_path / name
        path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
        return path

    return write_file


def test_a_vertex_is_the_middle_of_a_pixel_of_the_cell(write):
    labels = read_do_unet_outlines([write(content(OUTLINE))])
    assert labels.truths["a.jpg"]["rbc"].boxes.tolist() == [[2, 3, 10, 8]]


def test_the_size_of_the_photograph_is_known(write):
    assert read_do_unet_outlines([write(content(OUTLINE))]).sizes == {"a.jpg": (40, 60)}


def test_a_file_without_outlines_is_a_photograph_without_cells(write):
    assert read_do_unet_outlines([write(content())]).truths["a.jpg"]["rbc"].count == 0


def test_another_type_can_be_named(write):
    assert set(read_do_unet_outlines([write(content(OUTLINE))], ["wbc"]).truths["a.jpg"]) == {"wbc"}


def test_several_types_are_refused(write):
    with pytest.raises(UsageError, match="of one cell type"):
        read_do_unet_outlines([write(content(OUTLINE))], ["rbc", "wbc"])


def test_an_outline_that_encloses_nothing_is_left_out_and_said(write):
    labels = read_do_unet_outlines([write(content(OUTLINE, [(5, 5), (5, 9)]))])
    assert labels.truths["a.jpg"]["rbc"].count == 1
    assert labels.notes == ("1 outlines that enclose nothing were left out.",)


def test_a_single_file_is_told_from_coco(write):
    assert read_labels(write(content(OUTLINE))).truths["a.jpg"]["rbc"].count == 1


def test_a_folder_of_files_is_read(write, tmp_path):
    write(content(OUTLINE))
    write(content(OUTLINE, OUTLINE, name="b.jpg"), "b.json")
    counts = {name: truths["rbc"].count for name, truths in read_labels(tmp_path).truths.items()}
    assert counts == {"a.jpg": 1, "b.jpg": 2}


def test_a_stray_file_does_not_hide_other_labels(write, tmp_path):
    write({"fps": 3}, "settings.json")
    (tmp_path / "classes.txt").write_text("rbc\n", encoding="utf-8")
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text("0 0.5 0.5 0.2 0.2\n", encoding="utf-8")
    assert read_labels(tmp_path).truths["a"]["rbc"].count == 1


def test_two_files_of_one_photograph_are_refused(write, tmp_path):
    write(content(OUTLINE))
    write(content(OUTLINE), "again.json")
    with pytest.raises(LabelError, match="which another file outlines"):
        read_labels(tmp_path)


@pytest.mark.parametrize(
    "value",
    [
        '{"image_information": ',
        "[" * 100_000,
        content() | {"markup": [{"vertices": [{"x": "left", "y": 1}]}]},
        content() | {"image_information": {"image_name": "", "image_height": 1, "image_width": 1}},
json.dumps(content([(float("nan"), 1), (2, 2)])),
    ],
)  # fmt: skip
def test_what_is_no_such_file_is_refused(write, value):
    with pytest.raises(LabelError, match="is not a file of DO-U-Net outlines"):
        read_do_unet_outlines([write(value)])
