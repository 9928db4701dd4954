"""Cells of 5 × 5 pixels on a photograph of 40 × 60."""

import numpy as np
import pytest

from hemolens.evaluation.comparison import compare, is_off_frame
from hemolens.evaluation.matching import Detection
from hemolens.labels.truth import Truth, truth_of_boxes

SHAPE = (40, 60)


@pytest.fixture
def compared(make_cell):
    """Compare red cells and labels, both given by their centres."""

    def run(labels, found, margin=None, unsure=None):
        truth = truth_of_boxes([(row - 2, col - 2, row + 3, col + 3) for row, col in labels])
        return compare([make_cell("rbc", row, col) for row, col in found], truth, "rbc", SHAPE, margin, unsure)

    return run


def test_cells_are_true_positives_false_positives_and_false_negatives(compared):
    result = compared([(10, 10), (10, 30)], [(10, 10), (30, 30)])
    assert result.detection == Detection(1, 1, 1)
    assert [(cell.row, cell.col) for cell in result.false_positives] == [(30, 30)]
    assert result.false_negatives.tolist() == [[8, 28, 13, 33]]
    assert result.n_errors == 2


def test_one_found_cell_is_one_true_positive_only(compared):
    assert compared([(10, 10), (10, 11)], [(10, 10)]).detection == Detection(1, 0, 1)


def test_a_platelet_is_matched_by_its_centre(make_cell):
    """Both found cells share one pixel with the labelled one; only the first has its centre there."""
    truth = truth_of_boxes([(8, 8, 13, 13)])
    inside, beside = make_cell("plt", 10, 10, 0), make_cell("plt", 14, 14)
    assert compare([inside], truth, "plt", SHAPE).detection == Detection(1, 0, 0)
    assert compare([beside], truth, "plt", SHAPE).detection == Detection(0, 1, 1)


def test_other_types_are_passed_over(make_cell):
    result = compare([make_cell("wbc", 10, 10)], truth_of_boxes([]), "rbc", SHAPE)
    assert (result.count, result.detection) == (0, Detection(0, 0, 0))


def test_a_count_judges_no_cell(make_cell):
    result = compare([make_cell("rbc", 10, 10)], Truth(3, None), "rbc", SHAPE)
    assert (result.truth, result.count, result.detection, len(result.unjudged)) == (3, 1, None, 1)
    assert result.n_errors == 2


def test_near_the_frame_neither_labelled_nor_found_cells_count(compared):
    result = compared([(2, 10)], [(30, 57)], margin=3)
    assert (result.truth, result.count, result.detection) == (0, 0, Detection(0, 0, 0))


def test_a_found_cell_whose_label_is_left_out_is_neither_a_true_nor_a_false_positive(compared):
    result = compared([(5, 10)], [(6, 10)], margin=3)
    assert result.detection == Detection(0, 0, 0)
    assert len(result.unjudged) == 1


def test_a_found_cell_near_the_frame_whose_label_is_farther_off_is_a_true_positive(compared):
    assert compared([(6, 10)], [(5, 10)], margin=3).detection == Detection(1, 0, 0)


def test_a_label_that_counts_comes_first(compared):
    """One found cell fits a label that is left out and one that counts."""
    assert compared([(5, 10), (6, 10)], [(6, 10)], margin=3).detection == Detection(1, 0, 0)


def test_without_a_margin_cells_at_the_frame_count(compared):
    assert compared([(2, 2)], [(2, 2)]).detection == Detection(1, 0, 0)


@pytest.mark.parametrize(("margin", "kept"), [(None, True), (0, False)])
def test_a_margin_of_nothing_leaves_out_what_touches_the_frame(margin, kept):
    assert is_off_frame([[0, 5, 9, 9]], SHAPE, margin).tolist() == [kept]


@pytest.mark.parametrize("box", [[3, 9, 9, 20], [9, 3, 20, 20], [9, 9, 37, 20], [9, 9, 20, 57]])
def test_each_side_of_the_frame_has_a_margin(box):
    assert not is_off_frame([box], SHAPE, 3).any()
    assert is_off_frame([box], SHAPE, 2).all()


def test_no_boxes():
    assert is_off_frame(np.zeros((0, 4)), SHAPE, 3).shape == (0,)


def test_a_found_cell_where_a_label_may_be_missing_is_neither_a_false_positive_nor_counted(compared):
    result = compared([(10, 10)], [(10, 10), (30, 30)], unsure=np.array([[25.0, 25, 35, 35]]))
    assert (result.truth, result.count, result.detection) == (1, 1, Detection(1, 0, 0))
    assert [(cell.row, cell.col) for cell in result.unjudged] == [(30, 30)]


def test_a_label_where_one_may_be_missing_stays_a_label(compared):
    place = np.array([[5.0, 5, 15, 15]])
    assert compared([(10, 10)], [(10, 10)], unsure=place).detection == Detection(1, 0, 0)
    assert compared([(10, 10)], [], unsure=place).detection == Detection(0, 0, 1)


def test_nowhere_may_a_label_be_missing(compared):
    assert compared([], [(30, 30)], unsure=np.zeros((0, 4))).detection == Detection(0, 1, 0)
