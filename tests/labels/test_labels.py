"""What all formats of labels have in common: how they are told apart, and which types count as labelled."""

import cv2
import numpy as np
import pytest

from hemolens.errors import LabelError, UsageError
from hemolens.labels import label_file, read_labels

BOXES = "image,type,x0,y0,x1,y1\na.jpg,rbc,0,0,10,10\na.jpg,rbc,20,0,30,10\nb.jpg,wbc,5,5,15,15\n"


@pytest.fixture
def write(tmp_path):
    def write_labels(text, name="labels.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write_labels


def counts(labels):
    return {name: {kind: truth.count for kind, truth in truths.items()} for name, truths in labels.truths.items()}


def test_a_type_that_appears_nowhere_is_unknown(write):
    assert counts(read_labels(write(BOXES))) == {"a.jpg": {"rbc": 2, "wbc": 0}, "b.jpg": {"rbc": 0, "wbc": 1}}


def test_the_user_says_that_a_type_was_labelled_though_none_was_there(write):
    labels = read_labels(write(BOXES), ["rbc", "plt"])
    assert counts(labels) == {"a.jpg": {"rbc": 2, "plt": 0}, "b.jpg": {"rbc": 0, "plt": 0}}


def test_a_named_type_without_any_count_is_refused(write):
    with pytest.raises(UsageError, match=r"say nothing of the type plt: .* allowed: rbc; leave this type out"):
        read_labels(write("image,rbc\na,3\n"), ["rbc", "plt"])


def test_types_that_were_not_named_are_forgotten(write):
    assert counts(read_labels(write("image,rbc,wbc\na,3,1\n"), ["wbc"])) == {"a": {"wbc": 1}}


def test_a_folder_is_one_of_masks(tmp_path):
    (tmp_path / "plt").mkdir()
    cv2.imwrite(str(tmp_path / "plt/a.png"), np.full((10, 10), 255, np.uint8))
    assert counts(read_labels(tmp_path)) == {"a": {"plt": 1}}


VOC = "<annotation><object><name>rbc</name><bndbox>" "<xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax>" \
    "</bndbox></object></annotation>"  # fmt: skip
GEOJSON = (
    '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"classification": {"name": "rbc"}}, '
    '"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [9, 0], [9, 9], [0, 0]]]}}]}'
)


@pytest.mark.parametrize(("name", "text"), [("a.xml", VOC), ("a.geojson", GEOJSON)])
def test_a_format_with_a_file_for_each_photograph_is_a_file_or_a_folder(write, name, text):
    path = write(text, name)
    assert counts(read_labels(path)) == counts(read_labels(path.parent)) == {"a": {"rbc": 1}}


def test_a_folder_with_classes_is_yolo(write, tmp_path):
    write("rbc\nwbc\n", "classes.txt")
    write("0 0.5 0.5 0.1 0.1\n", "a.txt")
    assert read_labels(tmp_path).in_parts
    assert counts(read_labels(tmp_path, ["rbc", "plt"])) == {"a": {"rbc": 1, "plt": 0}}


def test_json_that_a_program_left_beside_its_labels_is_passed_over(write, tmp_path):
    write(VOC, "a.xml")
    write("{}", "settings.json")
    assert counts(read_labels(tmp_path)) == {"a": {"rbc": 1}}


def test_a_folder_of_several_formats_is_refused(write, tmp_path):
    write(VOC, "a.xml")
    write(GEOJSON, "a.geojson")
    with pytest.raises(LabelError, match="labels of several formats: got QuPath GeoJSON, Pascal VOC in"):
        read_labels(tmp_path)


def test_a_folder_of_none_is_refused(tmp_path):
    with pytest.raises(LabelError, match="the folder holds no labels"):
        read_labels(tmp_path)


def test_a_byte_order_mark_is_no_part_of_a_column(write):
    assert counts(read_labels(write("\ufeffimage,rbc\na,3\n"))) == {"a": {"rbc": 3}}


def test_a_table_as_a_spreadsheet_saves_it_is_read(write):
    assert counts(read_labels(write("image;rbc\na;3\n"))) == {"a": {"rbc": 3}}


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("image,x,y\na,1,2\n", "labels.csv", "the columns of 'labels.csv' are not those of labels: got 'image, x, y'"),
        ("image,rbc\n", "labels.csv", "has no rows"),
        ("", "labels.csv", "has no rows"),
        ("image,rbc,rbc\na,3,4\n", "labels.csv", "a column comes twice"),
        ("image,rbc\na,3,4\n", "labels.csv", "line 2 of 'labels.csv' does not fit its columns: got 3 fields"),
        ('image,rbc\n"a,3\n', "labels.csv", "not a table"),
        (b"image,rbc\n\xff\xfe,3\n", "labels.csv", "not text in UTF-8"),
        ("image,rbc\na,\n", "labels.csv", "nothing is labelled"),
        ("a", "labels.txt", "not a format of labels"),
    ],
)
def test_what_is_no_table_of_labels_is_refused(write, text, name, message):
    with pytest.raises(LabelError, match=message.replace("(", r"\(")):
        read_labels(write(text, name))


def test_labels_that_are_not_there_are_refused(tmp_path):
    with pytest.raises(LabelError, match="there are no such labels"):
        read_labels(tmp_path / "labels.csv")


def test_a_file_that_is_too_large_is_refused(write, monkeypatch):
    monkeypatch.setattr(label_file, "MAX_BYTES", 20)
    with pytest.raises(LabelError, match="too large"):
        read_labels(write(BOXES))
