import cv2
import numpy as np
import pytest

from hemolens.errors import LabelError, ModelError, UsageError
from hemolens.evaluation.folder.evaluate import evaluate
from hemolens.evaluation.robustness import CHANGES

BOX = "rbc,5,3,10,8"  # where make_cell() is


def test_photographs_are_compared_with_their_labels(folder, write_labels, found, make_cell):
    found["a.png"] = [make_cell()]
    result = evaluate(write_labels(f"a.png,{BOX}", f"b.png,{BOX}"), folder / "photos")
    assert [each.image for each in result.photographs] == ["a.png", "b.png"]
    assert [tuple(row.detection) for row in result.of_type("rbc")] == [(1, 0, 0), (0, 0, 1)]
    assert result.types == ["rbc"]


def test_only_labelled_photographs_are_counted(folder, write_labels, found):
    result = evaluate(write_labels(f"a.png,{BOX}"), folder / "photos")
    assert [each.image for each in result.photographs] == ["a.png"]


def test_labelled_photographs_that_are_not_there_are_named(folder, write_labels, found):
    result = evaluate(write_labels(f"a.png,{BOX}", f"gone.png,{BOX}"), folder / "photos")
    assert result.missing == ["gone.png"]


def test_names_that_another_program_changed_are_understood_and_said(folder, write_labels, found):
    (folder / "photos" / "b.png").rename(folder / "photos" / "-b.png")
    result = evaluate(write_labels(f"1f2e3d4c-a.png,{BOX}", f"'-b.png,{BOX}"), folder / "photos")
    assert [each.image for each in result.photographs] == ["a.png", "-b.png"]
    assert result.notes == [
        "Names that another program changed were understood: 1f2e3d4c-a.png is a.png, '-b.png is -b.png."
    ]


def test_a_photograph_that_cannot_be_counted_is_named_without_its_folder(folder, write_labels, found, unreadable):
    found["b.png"] = unreadable
    result = evaluate(write_labels(f"a.png,{BOX}", f"b.png,{BOX}"), folder / "photos")
    assert result.failures == ["'b.png': the file is empty; copy it again"]


def test_a_photograph_that_cannot_be_read_is_named(folder, write_labels, found):
    (folder / "photos/b.png").write_bytes(b"")
    result = evaluate(write_labels(f"a.png,{BOX}", f"b.png,{BOX}"), folder / "photos")
    assert len(result.photographs) == len(result.failures) == 1


def test_labels_are_checked_before_anything_is_counted(folder, write_labels, found):
    found["a.png"] = AssertionError("counted")
    with pytest.raises(LabelError, match=r"reaches out of 'b\.png'"):
        evaluate(write_labels(f"a.png,{BOX}", "b.png,rbc,50,0,90,20"), folder / "photos")


def test_a_mask_of_another_size_is_refused(folder, found):
    (folder / "masks/plt").mkdir(parents=True)
    cv2.imwrite(str(folder / "masks/plt/a.png"), np.zeros((20, 30), np.uint8))
    with pytest.raises(LabelError, match="for a photograph of another size"):
        evaluate(folder / "masks", folder / "photos")


def test_a_row_without_any_count_is_no_labelled_photograph(folder, write_labels, found):
    labels = write_labels("a.png,3,", "b.png,,", header="image,rbc,wbc")
    assert [each.image for each in evaluate(labels, folder / "photos").photographs] == ["a.png"]


def test_a_margin_needs_boxes(folder, write_labels, found):
    with pytest.raises(UsageError, match="cells near the frame cannot be left out"):
        evaluate(write_labels("a.png,3", header="image,rbc"), folder / "photos", frame_margin_px=3)


def test_no_labelled_photograph_is_an_error(folder, write_labels, found):
    with pytest.raises(UsageError, match="no labelled photograph could be counted: got 1 labelled names"):
        evaluate(write_labels(f"gone.png,{BOX}"), folder / "photos")


def test_a_damaged_model_stops_everything(folder, write_labels, found):
    found["a.png"] = ModelError("damaged", came="a", allowed="b", do="c")
    with pytest.raises(ModelError):
        evaluate(write_labels(f"a.png,{BOX}"), folder / "photos")


def test_every_photograph_is_counted_again_under_every_change(folder, write_labels, found, make_cell):
    found["a.png"] = [make_cell()]
    result = evaluate(write_labels(f"a.png,{BOX}"), folder / "photos", robustness=True)
    (photograph,) = result.photographs
    assert photograph.counts.rbc == 1
    assert {name: counts.rbc for name, counts in photograph.changed_counts.items()} == dict.fromkeys(CHANGES, 0)


def test_progress_is_told(folder, write_labels, found):
    told = []
    labels = write_labels(f"a.png,{BOX}", f"b.png,{BOX}")
    evaluate(labels, folder / "photos", on_photograph=lambda *each: told.append(each))
    assert told == [("a.png", 0, 2), ("b.png", 1, 2)]


def test_errors_are_per_true_cell_of_all_types(folder, write_labels, found, make_cell):
    found["a.png"] = [make_cell("rbc", 30, 30), make_cell("wbc", 5, 7)]
    rows = [f"a.png,{BOX}", "a.png,wbc,5,3,10,8", "a.png,wbc,40,20,50,30"]
    (photograph,) = evaluate(write_labels(*rows), folder / "photos").photographs
    assert photograph.errors_per_cell == pytest.approx(3 / 3)
