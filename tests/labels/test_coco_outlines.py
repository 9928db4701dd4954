import json

import numpy as np
import pytest

from hemolens.errors import LabelError
from hemolens.labels.coco_outlines import read_coco_outlines

SQUARE = [3, 2, 7, 2, 7, 9, 3, 9]


def annotation(**changes):
    return {"id": 1, "image_id": 7, "category_id": 1, "segmentation": [SQUARE]} | changes


def coco(*annotations, **changes):
    images = [{"id": 7, "file_name": "a.jpg", "width": 60, "height": 40}, {"id": 8, "file_name": "b.jpg"}]
    categories = [{"id": 1, "name": "RBC"}, {"id": 2, "name": "platelet"}]
    return {"images": images, "categories": categories, "annotations": list(annotations)} | changes


@pytest.fixture
def read(tmp_path):
    def read_content(content, types=None):
        path = tmp_path / "labels.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return read_coco_outlines(path, types)

    return read_content


def test_the_box_of_an_outline_holds_the_pixels_of_its_vertices(read):
    assert read(coco(annotation())).truths["a.jpg"]["rbc"].boxes.tolist() == [[2, 3, 10, 8]]


def test_an_outline_may_have_several_polygons(read):
    two = annotation(segmentation=[SQUARE, [20, 20, 30, 20, 30, 25]])
    assert read(coco(two)).truths["a.jpg"]["rbc"].boxes.tolist() == [[2, 3, 26, 31]]


def test_a_listed_photograph_without_annotations_has_no_cell(read):
    assert read(coco(annotation())).truths["b.jpg"]["rbc"].count == 0


def test_a_category_without_annotations_is_unknown(read):
    assert set(read(coco(annotation())).truths["a.jpg"]) == {"rbc"}


def test_the_user_says_that_a_category_was_labelled(read):
    assert read(coco(annotation()), ["rbc", "plt"]).truths["a.jpg"]["plt"].count == 0


def test_sizes_are_read_where_they_stand(read):
    assert read(coco(annotation())).sizes == {"a.jpg": (40, 60)}


def test_an_outline_that_encloses_nothing_is_left_out_and_said(read):
    labels = read(coco(annotation(), annotation(segmentation=[[3, 3, 3, 3, 3, 3]])))
    assert labels.truths["a.jpg"]["rbc"].count == 1
    assert labels.notes == ("1 outlines that enclose nothing were left out.",)


def test_coordinates_of_any_size_are_taken_without_a_warning(read):
    huge = annotation(segmentation=[SQUARE, [0, 0, 1e308, 0, 1e308, 1e308]])
    assert read(coco(huge)).truths["a.jpg"]["rbc"].count == 1
    huge["segmentation"].reverse()
    assert read(coco(huge)).truths["a.jpg"]["rbc"].count == 1


def test_coordinates_that_are_not_whole_count_from_the_corner(read):
    moved = [number + 0.5 for number in SQUARE]
    assert read(coco(annotation(segmentation=[moved]))).truths["a.jpg"]["rbc"].boxes.tolist() == [[2.5, 3.5, 9.5, 7.5]]


def test_a_file_may_say_that_it_counts_from_the_corner(read):
    content = coco(annotation(), info={"pixel_origin": "corner"})
    assert read(content).truths["a.jpg"]["rbc"].boxes.tolist() == [[2, 3, 9, 7]]


@pytest.mark.parametrize("segmentation", [{"segmentation": []}, {}])
def test_an_annotation_may_be_a_box(read, segmentation):
    box = {"id": 1, "image_id": 7, "category_id": 2, "bbox": [3, 2, 5, 8], **segmentation}
    assert read(coco(box)).truths["a.jpg"]["plt"].boxes.tolist() == [[2, 3, 10, 8]]


def test_run_lengths_are_pixels(read):
    truth = read(coco(annotation(segmentation={"counts": [41, 2, 38, 1, 2318], "size": [40, 60]}))).truths["a.jpg"][
        "rbc"
    ]
    assert truth.boxes.tolist() == [[1, 1, 3, 3]]
    assert np.argwhere(truth.paint((40, 60))).tolist() == [[1, 1], [1, 2], [2, 1]]


def test_run_lengths_say_the_size_of_a_photograph(read):
    runs = {"counts": [0, 16], "size": [4, 4]}
    assert read(coco(annotation(image_id=8, segmentation=runs))).sizes["b.jpg"] == (4, 4)


def test_run_lengths_beside_polygons_are_painted_together(read):
    runs = annotation(segmentation={"counts": [41, 2, 2357], "size": [40, 60]})
    truth = read(coco(annotation(), runs)).truths["a.jpg"]["rbc"]
    assert np.unique(truth.paint((40, 60))).tolist() == [0, 1, 2]


def test_run_lengths_of_no_pixel_are_left_out_and_said(read):
    labels = read(coco(annotation(), annotation(segmentation={"counts": [2400], "size": [40, 60]})))
    assert labels.notes == ("1 outlines that enclose nothing were left out.",)


def test_a_category_that_no_annotation_has_does_not_matter(read):
    unused = [{"id": 0, "name": "cells"}, {"id": 1, "name": "RBC"}]
    assert set(read(coco(annotation(), categories=unused)).truths["a.jpg"]) == {"rbc"}


def test_a_box_without_area_is_left_out_and_said(read):
    labels = read(coco(annotation(), annotation(segmentation=[], bbox=[3, 2, 0, 8])))
    assert labels.truths["a.jpg"]["rbc"].count == 1
    assert labels.notes == ("1 outlines that enclose nothing were left out.",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[" * 100_000, "recursion"),
        (coco(annotation(segmentation=[])), "annotation 0 without either"),
        (coco(annotation(segmentation=[], bbox=[1, 2, 3])), r"annotations\.0\.bbox"),
        (coco(annotation(), info={"pixel_origin": "somewhere"}), r"info\.pixel_origin"),
        ("{", "'labels.json' is not a file of COCO outlines"),
        ("[]", "is not a file of COCO outlines"),
        (coco(annotation(), images=[]), "images: List should have at least 1 item"),
        (coco(annotation(segmentation=[[1, 2, "x", 4]])), r"annotations\.0\.segmentation\.polygons\.0\.2"),
        (coco(annotation(segmentation={"counts": "abc", "size": [40, 60]})), "none of run lengths in annotation 0"),
        (coco(annotation(segmentation={"counts": [2399], "size": [40, 60]})), "runs of 2399 pixels together"),
        (coco(annotation(segmentation={"counts": [16], "size": [4, 4]})), r"run lengths of \(4, 4\) for \(40, 60\)"),
        (coco(annotation(segmentation={"counts": [16]})), r"segmentation\.run_lengths\.size"),
        (coco(annotation(image_id=8, segmentation={"counts": [1], "size": [10**6, 10**6]})), "1000000 × 1000000 px"),
        ('{"images": [{"id": 1, "file_name": "a"}], "categories": [{"id": 1, "name": "rbc"}], '
         '"annotations": [{"image_id": 1, "category_id": 1, "segmentation": [[NaN, 1, 2, 3, 4, 5]]}]}', "finite"),
        (coco(annotation(segmentation=[SQUARE[:-1]])), "an odd number of coordinates in annotation 0"),
        (coco(annotation(image_id=9)), "annotation 0 of image 9, category 1"),
        (coco(annotation(category_id=9)), "annotation 0 of image 7, category 9"),
        (coco(annotation(), categories=[{"id": 1, "name": "cell"}]), "unknown cell type in the categories"),
        (coco(images=[{"id": 7, "file_name": "a"}, {"id": 7, "file_name": "b"}]), "an image that comes twice"),
    ],
)  # fmt: skip
def test_what_is_not_such_a_file_is_refused(read, content, message):
    with pytest.raises(LabelError, match=message):
        read(content)
