import pytest
import yaml

from hemolens.cell_types import CELL_TYPES
from hemolens.output.export.yolo import Yolo, yolo_bytes


def boxes(result):
    return [[float(word) for word in line.split()] for line in yolo_bytes(result).decode().splitlines()]


def test_middle_and_size_are_parts_of_the_photograph(make_result, make_cell):
    (box,) = boxes(make_result("a.jpg", make_cell("wbc", row=5, col=7, half=2)))
    assert box == pytest.approx([1, 7.5 / 60, 5.5 / 40, 5 / 60, 5 / 40])


def test_the_boxes_come_back_to_a_thousandth_of_a_pixel(drawn):
    for (_, x, y, width, height), cell in zip(boxes(drawn), drawn.cells, strict=True):
        edges = [(y - height / 2) * 300, (x - width / 2) * 400, (y + height / 2) * 300, (x + width / 2) * 400]
        assert edges == pytest.approx(list(cell.box), abs=1e-3)


def test_a_class_is_its_line_in_the_list(entry, drawn):
    classes = Yolo([entry]).begin()["yolo/classes.txt"].decode().split()
    assert [classes[int(box[0])] for box in boxes(drawn)] == [cell.type for cell in drawn.cells]


def test_a_training_finds_names_and_photographs(entry):
    data = yaml.safe_load(Yolo([entry]).begin()["yolo/data.yaml"])
    assert data == {"train": "images", "val": "images", "names": dict(enumerate(CELL_TYPES))}


def test_no_cells_are_an_empty_file(make_result):
    assert yolo_bytes(make_result()) == b""


def test_no_photograph_takes_the_place_of_the_classes(entry):
    assert Yolo.files(entry) == ("yolo/labels/a.txt",)
