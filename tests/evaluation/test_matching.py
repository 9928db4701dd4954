import numpy as np
import pytest

from hemolens.evaluation.matching import (
    MATCHING_RULES,
    Detection,
    add_up,
    box_iou,
    match_boxes,
    match_centres,
    match_pairs,
    possible_pairs,
)

SQUARE = [0, 0, 10, 10]


def test_nothing_true_and_nothing_found_is_perfect():
    assert match_boxes([], []) == Detection(0, 0, 0)
    assert Detection(0, 0, 0).f1 == Detection(0, 0, 0).precision == Detection(0, 0, 0).recall == 1


def test_nothing_found():
    assert match_boxes([SQUARE], []) == Detection(0, 0, 1)
    assert Detection(0, 0, 1).f1 == 0


def test_found_where_nothing_is():
    assert match_boxes([], [SQUARE]) == Detection(0, 1, 0)


def test_one_find_is_one_hit_only():
    assert match_boxes([SQUARE, SQUARE], [SQUARE]) == Detection(1, 0, 1)


def test_matching_is_the_largest_possible():
    """The middle find fits both cells; a greedy choice could give it to the wrong one."""
    assert match_centres([[0, 0, 10, 10], [5, 0, 15, 10]], [[7, 5], [2, 5]]) == Detection(2, 0, 0)


@pytest.mark.parametrize(("width", "hits"), [(5, 1), (4, 0)])
def test_half_of_the_union_must_overlap(width, hits):
    assert match_boxes([SQUARE], [[0, 0, 10, width]]).n_hits == hits


def test_centres_on_the_last_pixel_are_inside():
    assert match_centres([SQUARE], [[9.4, 0]]).n_hits == 1
    assert match_centres([SQUARE], [[9.6, 0]]).n_hits == 0


def test_boxes_without_area_overlap_with_nothing():
    assert box_iou([[3, 3, 3, 3]], [SQUARE]).tolist() == [[0.0]]


def test_empty_sides_keep_their_shape():
    assert box_iou(np.zeros((0, 4)), [SQUARE]).shape == (0, 1)


def test_adding_up_nothing():
    assert add_up([]) == Detection(0, 0, 0)


def test_pairs_say_which_find_is_which_cell():
    possible = [[False, True, False], [False, False, False], [True, True, False]]
    assert match_pairs(possible).tolist() == [1, -1, 0]


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (2, 0)])
def test_pairs_of_nothing(shape):
    assert match_pairs(np.zeros(shape, bool)).tolist() == [-1] * shape[0]


def test_a_third_of_the_union_is_enough_for_a_platelet_only():
    half = [0, 0, 10, 4]
    far = [[-9, -9]]
    assert not possible_pairs([SQUARE], [half], far, MATCHING_RULES["rbc"]).any()
    assert possible_pairs([SQUARE], [half], far, MATCHING_RULES["plt"]).all()


def test_the_centre_is_enough_for_a_platelet_only():
    dot = [4, 4, 6, 6]
    assert not possible_pairs([SQUARE], [dot], [[4.5, 4.5]], MATCHING_RULES["wbc"]).any()
    assert possible_pairs([SQUARE], [dot], [[4.5, 4.5]], MATCHING_RULES["plt"]).all()
