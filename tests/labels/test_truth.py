import pytest

from hemolens.errors import LabelError
from hemolens.labels.truth import Truth, fit_to_frame, truth_of_boxes


def fitted(box, **more):
    return fit_to_frame("a.jpg", {"rbc": truth_of_boxes([box])}, (40, 60), **more)["rbc"].boxes.tolist()


def test_a_box_inside_stays_as_it_is():
    assert fitted((0, 0, 40, 60)) == [[0, 0, 40, 60]]


def test_a_box_that_reaches_out_a_little_is_cut_off():
    assert fitted((-2, 10, 42, 61)) == [[0, 10, 40, 60]]


@pytest.mark.parametrize("box", [(-3, 0, 10, 10), (10, 50, 20, 70), (100, 100, 110, 110), (40, 10, 41, 20)])
def test_a_box_outside_is_refused(box):
    with pytest.raises(LabelError, match=r"a box of type rbc reaches out of 'a\.jpg': got x .*; allowed: x 0 to 60"):
        fitted(box)


def test_labels_for_another_size_are_refused():
    with pytest.raises(LabelError, match="labels for 30 × 20 px, a photograph of 60 × 40 px"):
        fitted((0, 0, 5, 5), labelled=(20, 30))


def test_a_count_fits_every_photograph():
    assert fit_to_frame("a.jpg", {"rbc": Truth(5, None)}, (40, 60))["rbc"].count == 5
