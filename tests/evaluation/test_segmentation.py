import math
from dataclasses import astuple

import numpy as np
import pytest

from hemolens.errors import UsageError
from hemolens.evaluation.segmentation import (
    THRESHOLDS,
    Overlap,
    SegmentationScores,
    accuracy,
    dice,
    iou,
    mean_scores,
    measure_overlap,
    score_map,
    tversky,
)

EMPTY = Overlap(both=0, predicted=0, true=0, total=12)


def mask(text):
    return np.array([[character == "1" for character in row] for row in text.split()])


TRUTH = mask("""
    .11.
    .11.
    ....
""")
SHIFTED = mask("""
    ..11
    ..11
    ....
""")


def test_nothing_there_and_nothing_found_is_right_everywhere():
    assert accuracy(EMPTY) == 1


def test_nothing_there_and_nothing_found_is_a_full_iou():
    assert iou(EMPTY) == 1


def test_nothing_there_and_nothing_found_is_a_full_dice():
    assert dice(EMPTY) == dice(EMPTY, smooth=1) == 1


def test_nothing_there_and_nothing_found_is_a_full_tversky():
    assert tversky(EMPTY) == tversky(EMPTY, smooth=0) == 1


def test_mean_iou_counts_nothing_there_and_nothing_found_as_0_like_the_authors():
    nothing = np.zeros((3, 4), np.float32)
    assert score_map(nothing, nothing) == SegmentationScores(
        accuracy=1, mean_iou=0, dice=1, tversky=1, plain_iou=1, plain_dice=1
    )


def test_without_pixels_accuracy_is_no_number():
    assert math.isnan(accuracy(Overlap(0, 0, 0, 0)))


def test_a_sure_and_right_map_scores_1():
    assert astuple(score_map(TRUTH.astype(np.float32), TRUTH)) == (1, 1, 1, 1, 1, 1)


def test_a_map_beside_the_truth():
    overlap = measure_overlap(SHIFTED, TRUTH)
    assert overlap == Overlap(both=2, predicted=4, true=4, total=12)
    assert accuracy(overlap) == pytest.approx(8 / 12)
    assert iou(overlap) == pytest.approx(2 / 6)
    assert dice(overlap) == pytest.approx(4 / 8)


def test_the_authors_dice_adds_1_above_and_below():
    assert score_map(SHIFTED.astype(np.float32), TRUTH).dice == pytest.approx((2 * 2 + 1) / (4 + 4 + 1))


def test_the_authors_dice_is_of_the_probabilities():
    scores = score_map(np.where(TRUTH, 0.6, 0.2), TRUTH)
    assert scores.dice == pytest.approx((2 * 4 * 0.6 + 1) / (4 * 0.6 + 8 * 0.2 + 4 + 1))
    assert scores.plain_dice == 1


def test_tversky_weighs_false_negatives_more_than_false_positives():
    half = mask(".1.. .1.. ....")
    false_negatives, false_positives = measure_overlap(half, TRUTH), measure_overlap(TRUTH, half)
    assert tversky(false_negatives) == pytest.approx((2 + 1) / (2 + 0.7 * 2 + 1))
    assert tversky(false_positives) == pytest.approx((2 + 1) / (2 + 0.3 * 2 + 1))


def test_mean_iou_asks_at_ten_thresholds():
    assert THRESHOLDS == (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


@pytest.mark.parametrize(("probability", "share"), [(0.5, 0.0), (0.52, 0.1), (0.77, 0.6), (0.96, 1.0)])
def test_mean_iou_is_the_share_of_thresholds_that_a_pixel_is_above(probability, share):
    assert score_map(np.where(TRUTH, probability, 0.0), TRUTH).mean_iou == pytest.approx(share)


def test_a_pixel_at_the_threshold_is_not_above_it():
    assert score_map(np.full((1, 1), 0.5), np.ones((1, 1), bool)).plain_iou == 0


def test_pixels_without_weight_count_for_nothing():
    weight = np.ones((3, 4))
    weight[:, 3] = 0
    wrong_outside = np.where(mask("...1 ...1 ...1") | TRUTH, 1.0, 0.0)
    assert astuple(score_map(wrong_outside, TRUTH, weight)) == (1, 1, 1, 1, 1, 1)


def test_weights_multiply_pixels():
    assert measure_overlap(SHIFTED, TRUTH, np.full((3, 4), 3)) == Overlap(6, 12, 12, 36)


def test_sums_of_small_types_do_not_overflow():
    many = np.ones((20, 20), np.uint8)
    assert measure_overlap(many, many, many) == Overlap(400, 400, 400, 400)


def test_a_mask_of_0_and_255_is_a_mask():
    assert score_map(TRUTH.astype(np.float32), TRUTH.astype(np.uint8) * 255).plain_iou == 1


def test_pictures_of_two_sizes_are_refused():
    with pytest.raises(
        UsageError, match=r"do not belong together: got \(3, 4\) and \(4, 3\).*one size.*size of the map"
    ):
        score_map(np.zeros((3, 4)), np.zeros((4, 3)))


def test_a_table_prints_the_mean_over_photographs_whatever_their_size():
    small = score_map(np.zeros((1, 1)), np.ones((1, 1), bool))
    large = score_map(np.ones((50, 50)), np.ones((50, 50), bool))
    assert mean_scores([small, large]).plain_iou == 0.5


def test_the_mean_of_no_photographs_is_no_number():
    assert all(math.isnan(value) for value in astuple(mean_scores([])))
