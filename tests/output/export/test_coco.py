import json

import numpy as np
import pytest
import shapely
from pycocotools.coco import COCO

from hemolens.options import CountOptions
from hemolens.output.entries import name_entries
from hemolens.output.options import OutputOptions
from hemolens.output.run_files import RunFiles

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
"""pycocotools converts its arrays in the way of numpy 1."""


@pytest.fixture
def write(tmp_path):
    def write_run(*results, failing=()):
        entries = name_entries([*failing, *(result.image.name for result in results)])
        with RunFiles(tmp_path, entries, CountOptions(), OutputOptions(export=["coco"])) as files:
            for entry in entries[: len(failing)]:
                files.add_failure(entry, "broken")
            for entry, result in zip(entries[len(failing) :], results, strict=True):
                files.add(entry, result)
        return tmp_path / "coco.json"

    return write_run


def test_pycocotools_draws_the_cells_where_they_are(write, drawn, smear, capsys):
    coco = COCO(write(drawn))
    for annotation, cell in zip(coco.loadAnns(coco.getAnnIds()), drawn.cells, strict=True):
        labels = smear.labels(cell.type)
        true = labels == np.bincount(labels[painted := coco.annToMask(annotation) > 0]).argmax()
        share = np.count_nonzero(painted & true) / np.count_nonzero(painted | true)
        assert share >= (0.9 if cell.type == "plt" else 0.98)  # half a pixel all around is much of a platelet
        assert coco.loadCats(annotation["category_id"])[0]["name"] == cell.type


def test_the_polygon_is_the_outline_moved_by_half_a_pixel(write, drawn):
    annotations = json.loads(write(drawn).read_text())["annotations"]
    for annotation, cell in zip(annotations, drawn.cells, strict=True):
        written = shapely.Polygon(np.reshape(annotation["segmentation"][0], (-1, 2)))
        outline = shapely.Polygon(cell.outline[:, ::-1] + 0.5)
        assert written.intersection(outline).area / written.union(outline).area >= 0.99


def test_box_area_and_score_are_those_of_the_cell(write, make_result, make_cell):
    (annotation,) = json.loads(write(make_result("a.jpg", make_cell("wbc", row=5, col=7, half=2))).read_text())[
        "annotations"
    ]
    assert annotation["bbox"] == [5, 3, 5, 5]
    assert (annotation["area"], annotation["score"], annotation["iscrowd"]) == (25.0, 0.75, 0)
    assert annotation["category_id"] == 2


def test_a_polygon_counts_from_the_corner(write, make_result, make_cell):
    (annotation,) = json.loads(write(make_result("a.jpg", make_cell(row=5, col=7, half=2))).read_text())["annotations"]
    assert sorted(annotation["segmentation"][0]) == [3.5, 3.5, 5.5, 5.5, 7.5, 7.5, 9.5, 9.5]


def test_ids_are_unique_in_the_run(write, make_result, make_cell, capsys):
    coco = COCO(write(make_result("a.jpg", make_cell(), make_cell()), make_result("b.jpg", make_cell())))
    assert sorted(coco.anns) == [1, 2, 3]
    assert [len(coco.getAnnIds(imgIds=[n])) for n in (1, 2)] == [2, 1]


def test_every_counted_photograph_is_listed_and_no_other(write, make_result):
    content = json.loads(write(make_result("b.jpg"), failing=["a.jpg"]).read_text())
    assert content["images"] == [{"id": 2, "file_name": "b.jpg", "width": 60, "height": 40}]
    assert content["annotations"] == []


def test_all_types_are_categories_even_without_cells(write, make_result):
    content = json.loads(write(make_result("a.jpg")).read_text())
    assert [each["name"] for each in content["categories"]] == ["rbc", "wbc", "plt"]


def test_a_name_cannot_break_the_file(write, make_result):
    content = json.loads(write(make_result('a","x":[\u2028"é.jpg')).read_text())
    assert content["images"][0]["file_name"] == 'a","x":[\\u2028"é.jpg'
