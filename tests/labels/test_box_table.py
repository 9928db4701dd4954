import pytest

from hemolens.errors import LabelError
from hemolens.labels.box_table import read_box_table
from hemolens.labels.table import read_table

HEADER = "image,type,x0,y0,x1,y1\n"


@pytest.fixture
def read(tmp_path):
    def read_text(rows, header=HEADER):
        path = tmp_path / "labels.csv"
        path.write_text(header + rows, encoding="utf-8")
        return read_box_table(read_table(path)).truths

    return read_text


def test_boxes_are_rows_before_columns(read):
    assert read("a.jpg,rbc,1,2.5,30,40\n")["a.jpg"]["rbc"].boxes.tolist() == [[2.5, 1, 40, 30]]


def test_capitals_and_the_word_platelets_are_understood(read):
    assert set(read("a.jpg,RBC,0,0,1,1\na.jpg,Platelets,0,0,1,1\n")["a.jpg"]) == {"rbc", "plt"}


def test_a_row_with_a_name_only_is_a_photograph_without_a_cell(read):
    assert read("a.jpg,rbc,0,0,1,1\nb.jpg,,,,,\n")["b.jpg"]["rbc"].count == 0


def test_other_columns_are_passed_over(read):
    assert read("7,a.jpg,rbc,0,0,5,5\n", "cell," + HEADER)["a.jpg"]["rbc"].count == 1


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a.jpg,rbc,0,0,x,5", "x1 in line 2 of 'labels.csv' is not a number: got 'x'"),
        ("a.jpg,rbc,0,nan,5,5", "y0 in line 2 of 'labels.csv' is not a number"),
        ("a.jpg,rbc,0,0,inf,5", "x1 in line 2 of 'labels.csv' is not a number"),
        ("a.jpg,rbc,0,0,5,", "y1 in line 2 of 'labels.csv' is not a number: got ''"),
        ("a.jpg,rbc,5,0,5,5", "the box in line 2 of 'labels.csv' has no area: got x 5 to 5"),
        ("a.jpg,rbc,5,0,1,5", "has no area"),
        ("a.jpg,cell,0,0,5,5", "unknown cell type in line 2 of 'labels.csv': got 'cell'; allowed: rbc, wbc, plt"),
        (",rbc,0,0,5,5", "no image in line 2"),
    ],
)
def test_a_malformed_row_is_refused_by_its_line(read, row, message):
    with pytest.raises(LabelError, match=message):
        read(row + "\n")
