import shutil

import cv2
import numpy as np
import pytest

from hemolens.errors import LabelError, TrainingError
from hemolens.training.adaptation.own_photographs import read_own_photographs

from .laboratory import write_laboratory

pytestmark = pytest.mark.train


@pytest.fixture
def laboratory(tmp_path):
    return write_laboratory(tmp_path / "lab")


def read(folder, at_least=3):
    return read_own_photographs(folder / "labels.csv", folder, "my-lab", at_least=at_least)


def change(folder, make):
    """Change the rows of the labels, each a list of words."""
    head, *rows = (folder / "labels.csv").read_text().splitlines()
    changed = make([row.split(",") for row in rows])
    (folder / "labels.csv").write_text("\n".join([head, *(",".join(map(str, row)) for row in changed)]) + "\n")


def test_photographs_come_with_their_labels_and_scale(laboratory):
    own = read(laboratory)
    assert [each.name for each in own.photographs] == ["0.png", "1.png", "2.png"]
    assert [each.truths["rbc"].count for each in own.photographs] == [14, 14, 14]
    assert own.photographs[0].diameter_px == pytest.approx(40, rel=0.15)
    assert own.source.usual_px == pytest.approx(40, rel=0.15)


def test_a_type_without_labels_is_counted_as_before_and_that_is_said(laboratory):
    own = read(laboratory)
    assert own.types == ("rbc", "wbc")
    assert own.notes == ["No platelets are labelled: they are counted as before."]


def test_a_type_with_few_labels_is_not_learned(laboratory):
    change(laboratory, lambda rows: [row for row in rows if row[1] == "rbc" or row[0] == "0.png"])
    own = read(laboratory)
    assert own.types == ("rbc",)
    assert own.notes[0] == "Only 2 white cells are labelled: they are counted as before."


def test_photographs_of_white_cells_alone_teach_white_cells(laboratory):
    change(laboratory, lambda rows: [row for row in rows if row[1] == "wbc"])
    assert read(laboratory).types == ("wbc",)


def test_two_photographs_are_too_few(laboratory):
    change(laboratory, lambda rows: [row for row in rows if row[0] != "2.png"])
    with pytest.raises(TrainingError, match=r"too few corrected photographs: got 2; allowed: at least 3.*settings"):
        read(laboratory)


def test_labels_of_a_photograph_that_is_not_there_are_refused(laboratory):
    (laboratory / "1.png").unlink()
    with pytest.raises(TrainingError, match=r"photographs are missing: got 1 names .* '1\.png'.*--images"):
        read(laboratory)


def test_one_picture_under_two_names_is_refused(laboratory):
    shutil.copy(laboratory / "0.png", laboratory / "3.png")
    change(laboratory, lambda rows: [*rows, *(["3.png", *row[1:]] for row in rows if row[0] == "0.png")])
    with pytest.raises(LabelError, match=r"labelled twice: got '0\.png' and '3\.png'"):
        read(laboratory)


@pytest.mark.parametrize("other", ["rbc", "wbc"])
def test_a_cell_that_is_labelled_twice_is_refused(laboratory, other):
    def again(rows):
        first = next(row for row in rows if row[1] == "rbc")
        return [*rows, [first[0], other, *first[2:]]]

    change(laboratory, again)
    with pytest.raises(LabelError, match=r"labels of '0\.png' contradict each other: got one cell among the red cells"):
        read(laboratory)


def test_labels_of_another_size_are_refused(laboratory):
    change(laboratory, lambda rows: [[*row[:2], *(float(each) * 2 for each in row[2:])] for row in rows])
    with pytest.raises(LabelError, match="reaches out of"):
        read(laboratory)


def test_labels_of_another_photograph_are_refused(laboratory):
    pictures = [(laboratory / f"{n}.png").read_bytes() for n in range(3)]
    for n in range(3):
        (laboratory / f"{n}.png").write_bytes(pictures[n - 1])
    with pytest.raises(LabelError, match=r"labels of '0\.png' do not lie on its cells"):
        read(laboratory)


def test_boxes_without_cells_are_refused(laboratory):
    empty = np.random.default_rng(0).integers(228, 236, (260, 300, 3), np.uint8)
    cv2.imwrite(str(laboratory / "0.png"), empty)
    with pytest.raises(LabelError, match=r"labels of '0\.png' do not lie on its cells"):
        read(laboratory)


def test_labels_whose_scale_is_far_off_are_refused(laboratory):
    def halved(rows):
        for row in rows:
            x0, y0, x1, y1 = map(float, row[2:])
            row[2:] = [0.75 * x0 + 0.25 * x1, 0.75 * y0 + 0.25 * y1, 0.25 * x0 + 0.75 * x1, 0.25 * y0 + 0.75 * y1]
        return rows

    change(laboratory, halved)
    with pytest.raises(LabelError, match=r"do not fit the scale of their photographs: got .* 0\.[45]\d? times as wide"):
        read(laboratory)


def test_counts_alone_teach_nothing(laboratory):
    (laboratory / "labels.csv").write_text("image,rbc,wbc\n0.png,14,2\n1.png,14,2\n2.png,14,2\n")
    with pytest.raises(TrainingError, match="do not say where the cells are"):
        read(laboratory)
