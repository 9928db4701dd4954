from pathlib import Path

import numpy as np
import pytest

from hemolens.cell_types import CELL_TYPES
from hemolens.evaluation.matching import MATCHING_RULES, Detection, add_up, box_iou, centres_inside, match_pairs

SQUARE = [0, 0, 10, 10]
FAR = [[-9, -9]]


def test_nothing_labelled_and_nothing_found_is_perfect():
    assert Detection(0, 0, 0).f1 == Detection(0, 0, 0).precision == Detection(0, 0, 0).recall == 1


def test_false_negatives_alone_have_full_precision_and_no_recall():
    assert (Detection(0, 0, 1).precision, Detection(0, 0, 1).recall, Detection(0, 0, 1).f1) == (1, 0, 0)


def test_false_positives_alone_have_full_recall_and_no_precision():
    assert (Detection(0, 1, 0).precision, Detection(0, 1, 0).recall, Detection(0, 1, 0).f1) == (0, 1, 0)


def test_matching_is_the_largest_possible():
    """The first found cell fits both labelled ones; a greedy choice could give it to the wrong one."""
    assert sorted(match_pairs([[True, True], [True, False]])) == [0, 1]


@pytest.mark.parametrize(("width", "fits"), [(5, True), (4, False)])
@pytest.mark.parametrize("kind", ["rbc", "wbc"])
def test_half_of_the_union_must_overlap(kind, width, fits):
    assert MATCHING_RULES[kind].possible_pairs([SQUARE], [[0, 0, 10, width]], FAR).tolist() == [[fits]]


@pytest.mark.parametrize(("width", "fits"), [(3, True), (2, False)])
def test_of_platelets_three_tenths_are_enough(width, fits):
    assert MATCHING_RULES["plt"].possible_pairs([SQUARE], [[0, 0, 10, width]], FAR).tolist() == [[fits]]


@pytest.mark.parametrize(("kind", "fits"), [("rbc", False), ("wbc", False), ("plt", True)])
def test_the_centre_alone_is_enough_for_a_platelet_only(kind, fits):
    dot = [4, 4, 6, 6]
    assert MATCHING_RULES[kind].possible_pairs([SQUARE], [dot], [[4.5, 4.5]]).tolist() == [[fits]]


def test_centres_on_the_last_pixel_are_inside():
    assert centres_inside([SQUARE], [[9.4, 0], [9.6, 0]]).tolist() == [[True, False]]


@pytest.mark.parametrize("kind", CELL_TYPES)
def test_each_rule_is_said_in_words(kind):
    words, rule = MATCHING_RULES[kind].in_words(), MATCHING_RULES[kind]
    assert f"at least {rule.iou:g} of their union" in words
    assert ("centre" in words) == rule.or_centre_inside


@pytest.mark.parametrize("kind", CELL_TYPES)
def test_the_documentation_states_each_rule(kind):
    text = (Path(__file__).parents[2] / "docs/how-to-evaluate.md").read_text("utf-8")
    assert MATCHING_RULES[kind].in_words() in " ".join(text.split())


def test_boxes_without_area_overlap_with_nothing():
    assert box_iou([[3, 3, 3, 3]], [SQUARE]).tolist() == [[0.0]]


def test_empty_sides_keep_their_shape():
    assert box_iou(np.zeros((0, 4)), [SQUARE]).shape == (0, 1)


def test_adding_up_nothing():
    assert add_up([]) == Detection(0, 0, 0)


def test_pairs_say_which_found_cell_is_which_labelled_one():
    possible = [[False, True, False], [False, False, False], [True, True, False]]
    assert match_pairs(possible).tolist() == [1, -1, 0]


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (2, 0)])
def test_pairs_of_nothing(shape):
    assert match_pairs(np.zeros(shape, bool)).tolist() == [-1] * shape[0]
