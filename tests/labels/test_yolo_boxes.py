import pytest

from hemolens.errors import LabelError
from hemolens.labels import yolo_boxes
from hemolens.labels.truth import in_pixels
from hemolens.labels.yolo_boxes import read_yolo_boxes

CLASSES = "rbc\nWBC\nplatelets\n"


@pytest.fixture
def read(tmp_path):
    def read_folder(classes=CLASSES, types=None, **texts):
        (tmp_path / "classes.txt").write_text(classes)
        for name, text in texts.items():
            (tmp_path / f"{name}.txt").write_text(text)
        return read_yolo_boxes(tmp_path, types)

    return read_folder


def test_boxes_are_parts_of_the_photograph(read):
    labels = read(a="1 0.25 0.5 0.1 0.2\n")
    assert labels.in_parts
    boxes = in_pixels(labels.truths["a"], (40, 60))["wbc"].boxes
    assert boxes.ravel().tolist() == pytest.approx([16, 12, 24, 18])


def test_files_may_lie_in_a_folder_of_their_own(read, tmp_path):
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.jpg.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    assert set(read().truths) == {"a.jpg"}


def test_an_empty_file_is_a_photograph_without_cells(read):
    labels = read(a="0 0.5 0.5 0.1 0.1\n\n", b="")
    assert {name: truths["rbc"].count for name, truths in labels.truths.items()} == {"a": 1, "b": 0}


def test_a_box_that_reaches_out_a_little_is_cut_off(read):
    assert read(a="0 0.005 0.5 0.02 1.0\n").truths["a"]["rbc"].boxes.ravel().tolist() == pytest.approx([0, 0, 1, 0.015])


@pytest.mark.parametrize(
    "line",
    ["0 0.5 0.5 0.1", "0 0.5 0.5 0.1 0.1 0.9", "rbc 0.5 0.5 0.1 0.1", "0 x 0.5 0.1 0.1", "0.0 0.5 0.5 0.1 0.1",
     "3 0.5 0.5 0.1 0.1", "-1 0.5 0.5 0.1 0.1", "0 nan 0.5 0.1 0.1", "0 0.5 0.5 inf 0.1", "0 0.5 0.5 nan 0.1",
     "0 0.5 0.5 0 0.1", "0 0.5 0.5 -0.1 0.1", "0 300 200 10 10", "0 0.99 0.5 0.1 0.1", "0 1e999 0.5 0.1 0.1",
     "9" * 5000 + " 0.5 0.5 0.1 0.1"],
)  # fmt: skip
def test_a_line_that_is_no_box_is_refused(read, line):
    with pytest.raises(LabelError, match=r"line 2 of 'a\.txt' is not a box"):
        read(a=f"0 0.5 0.5 0.1 0.1\n{line}\n")


def test_an_unknown_class_is_refused(read):
    with pytest.raises(LabelError, match=r"unknown cell type in line 2 of classes\.txt: got 'cell'"):
        read(classes="rbc\ncell\n", a="")


def test_a_folder_without_boxes_is_refused(read):
    with pytest.raises(LabelError, match="the folder holds no boxes"):
        read()


def test_a_file_that_is_too_large_is_refused(read, monkeypatch):
    monkeypatch.setattr(yolo_boxes, "MAX_TEXT_BYTES", 30)
    with pytest.raises(LabelError, match="too large"):
        read(a="0 0.5 0.5 0.1 0.1\n" * 2)
