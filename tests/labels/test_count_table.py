import pytest

from hemolens.errors import LabelError
from hemolens.labels.count_table import read_count_table
from hemolens.labels.table import read_table


@pytest.fixture
def read(tmp_path):
    def read_text(text):
        path = tmp_path / "counts.csv"
        path.write_text(text, encoding="utf-8")
        return read_count_table(read_table(path)).truths

    return read_text


def test_counts_have_no_boxes(read):
    truth = read("image,rbc\na.jpg,120\n")["a.jpg"]["rbc"]
    assert (truth.count, truth.boxes) == (120, None)


def test_an_empty_field_is_unknown_and_zero_is_a_count(read):
    truths = read("image,rbc,wbc,plt\na.jpg,,0,3\n")["a.jpg"]
    assert {kind: truth.count for kind, truth in truths.items()} == {"wbc": 0, "plt": 3}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("a.jpg,-1", "rbc in line 2 of 'counts.csv' is not a count: got '-1'"),
        ("a.jpg,2.5", "is not a count"),
        ("a.jpg,1e300", "is not a count"),
        ("a.jpg,many", "rbc in line 2 of 'counts.csv' is not a number: got 'many'"),
        ("a.jpg,1\na.jpg,2", "the image in line 3 of 'counts.csv' has been named before"),
        (",1", "the image in line 2 of 'counts.csv' has no name"),
    ],
)
def test_a_malformed_row_is_refused_by_its_line(read, rows, message):
    with pytest.raises(LabelError, match=message):
        read(f"image,rbc\n{rows}\n")
