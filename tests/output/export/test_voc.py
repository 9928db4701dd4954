import pytest
from defusedxml import ElementTree

from hemolens.output.entries import name_entries
from hemolens.output.export.voc import Voc, voc_bytes


def tree(result, name="a.jpg"):
    (entry,) = name_entries([name])
    return ElementTree.fromstring(voc_bytes(entry, result))


def test_the_first_pixel_is_one_and_the_last_one_inside(make_result, make_cell):
    box = tree(make_result("a.jpg", make_cell(row=2, col=4, half=2))).find("object/bndbox")
    assert {edge.tag: int(edge.text) for edge in box} == {"xmin": 3, "ymin": 1, "xmax": 7, "ymax": 5}


def test_every_cell_is_an_object_with_its_type(drawn):
    assert [each.text for each in tree(drawn).iterfind("object/name")] == [cell.type for cell in drawn.cells]


def test_boxes_stay_inside_the_photograph(drawn):
    for box in tree(drawn).iter("bndbox"):
        x0, y0, x1, y1 = (int(box.findtext(edge)) for edge in ("xmin", "ymin", "xmax", "ymax"))
        assert 1 <= x0 <= x1 <= 400
        assert 1 <= y0 <= y1 <= 300


def test_a_cell_at_the_frame_is_truncated(make_result, make_cell):
    root = tree(make_result("a.jpg", make_cell(touches_frame=True), make_cell()))
    assert [each.text for each in root.iterfind("object/truncated")] == ["1", "0"]


def test_the_size_is_that_of_the_photograph(make_result):
    size = tree(make_result()).find("size")
    assert {each.tag: each.text for each in size} == {"width": "60", "height": "40", "depth": "3"}


@pytest.mark.parametrize(
    "name", ["<b>&amp;'\".jpg", "]]><!--.jpg", "a\x00\x1f.jpg", "a\uffff.jpg", "é.jpg", "\ud800.jpg"]
)
def test_a_name_cannot_break_the_file(make_result, name):
    root = tree(make_result(), name)
    assert [child.tag for child in root] == ["folder", "filename", "source", "size", "segmented"]
    assert root.findtext("filename").endswith(".jpg")


def test_a_name_is_kept_as_it_is(make_result):
    assert tree(make_result(), "<b>&amp;'\".jpg").findtext("filename") == "<b>&amp;'\".jpg"


def test_folders_that_tell_photographs_apart_are_the_folder(make_result):
    first, _ = name_entries(["monday/1.jpg", "tuesday/1.jpg"])
    root = ElementTree.fromstring(voc_bytes(first, make_result()))
    assert (root.findtext("folder"), root.findtext("filename")) == ("monday", "1.jpg")


def test_the_file_is_called_after_the_photograph(entry):
    assert Voc.files(entry) == ("voc/a.xml",)
