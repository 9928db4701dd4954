import math

import numpy as np
import pytest

from hemolens.evaluation.agreement import (
    bland_altman,
    bootstrap_f1_interval,
    bootstrap_interval,
    bootstrap_ratio_interval,
    concordance,
    correlation,
    counting_accuracy,
    counting_accuracy_of_each,
    detection_figures,
    mean_absolute_error,
    proportional_bias,
    relative_bias,
)
from hemolens.evaluation.matching import Detection, add_up

VALUES = np.random.default_rng(5).normal(0.9, 0.05, 40).tolist()
DETECTIONS = [Detection(90, 5, 10), Detection(40, 0, 1), Detection(7, 9, 3), Detection(200, 20, 30)]


def test_zero_counted_where_there_are_none_is_right():
    assert counting_accuracy([0], [0]) == 1


def test_something_counted_where_there_is_none_is_wrong():
    assert counting_accuracy([0], [7]) == 0


def test_an_error_above_100_percent_is_not_a_small_positive_accuracy():
    assert counting_accuracy([10], [35]) == -1.5


def test_accuracy_is_the_mean_over_photographs():
    assert counting_accuracy([100, 10], [100, 5]) == pytest.approx(0.75)


@pytest.mark.parametrize("measure", [counting_accuracy, mean_absolute_error, relative_bias])
def test_without_photographs_there_is_no_figure(measure):
    assert math.isnan(measure([], []))


def test_bias_has_a_sign():
    assert relative_bias([10, 10], [15, 10]) == pytest.approx(0.25)
    assert relative_bias([10, 10], [5, 10]) == pytest.approx(-0.25)


def test_errors_do_not_cancel_in_the_absolute_error():
    assert mean_absolute_error([10, 10], [12, 8]) == 2


def test_accuracy_is_the_mean_of_the_accuracies_of_each():
    assert counting_accuracy_of_each([10, 0, 0, 4], [5, 0, 2, 10]) == [0.5, 1.0, 0.0, -0.5]


def test_an_interval_of_many_values_is_about_two_standard_errors_to_either_side():
    low, high = bootstrap_interval(VALUES)
    error = np.std(VALUES) / len(VALUES) ** 0.5
    assert (low, high) == pytest.approx((np.mean(VALUES) - 1.96 * error, np.mean(VALUES) + 1.96 * error), abs=0.003)


def test_the_same_seed_gives_the_same_interval():
    assert bootstrap_interval(VALUES) == bootstrap_interval(VALUES, seed=0) != bootstrap_interval(VALUES, seed=1)


def test_equal_values_have_no_spread():
    assert bootstrap_interval([0.9, 0.9, 0.9]) == (0.9, 0.9)


def test_a_statistic_may_be_any_function_of_the_values():
    low, high = bootstrap_interval([1, 2, 3, 4, 100], lambda values: float(np.median(values)))
    assert 1 <= low <= 3 <= high <= 100


@pytest.mark.parametrize("values", [[], [0.5], [0.5, math.nan]])
def test_of_less_than_two_numbers_there_is_no_interval(values):
    assert all(math.isnan(limit) for limit in bootstrap_interval(values))


def test_parts_and_wholes_are_drawn_together():
    assert bootstrap_ratio_interval([1, 20, 300], [2, 40, 600]) == (0.5, 0.5)


def test_the_interval_of_the_bias_holds_the_bias():
    true_counts, counts = [105, 601, 802, 215], [105, 583, 667, 230]
    low, high = bootstrap_ratio_interval(counts, true_counts)
    assert low < 1 + relative_bias(true_counts, counts) < high


def test_a_ratio_to_nothing_has_no_interval_unless_it_has_a_value():
    assert all(math.isnan(limit) for limit in bootstrap_ratio_interval([0, 0], [0, 0]))
    assert bootstrap_ratio_interval([0, 0], [0, 0], when_empty=1.0) == (1, 1)


def test_the_interval_of_f1_holds_the_f1_of_all_photographs_together():
    low, high = bootstrap_f1_interval(DETECTIONS)
    assert 0 < low < add_up(DETECTIONS).f1 < high < 1


def test_nothing_to_find_and_nothing_found_is_a_full_f1():
    assert bootstrap_f1_interval([Detection(0, 0, 0)] * 3) == (1, 1)


@pytest.mark.parametrize("detections", [[], DETECTIONS[:1]])
def test_f1_of_one_photograph_has_no_interval(detections):
    assert all(math.isnan(limit) for limit in bootstrap_f1_interval(detections))


def test_the_limits_of_agreement_lie_evenly_around_the_mean_difference():
    agreement = bland_altman([10, 20, 30, 40], [11, 19, 32, 42])
    assert agreement.mean_difference.value == 1
    assert agreement.standard_deviation == pytest.approx(2**0.5)
    assert agreement.upper_limit.value - 1 == pytest.approx(1.96 * 2**0.5) == 1 - agreement.lower_limit.value


def test_the_intervals_of_the_limits_are_those_of_bland_and_altman():
    """n = 4: t = 3.1824, standard errors s/2 and s √(1/4 + 1.96²/6)."""
    agreement = bland_altman([10, 20, 30, 40], [11, 19, 32, 42])
    assert agreement.mean_difference.high == pytest.approx(1 + 3.1824 * 2**0.5 / 2, abs=1e-3)
    wide = 3.1824 * 2**0.5 * (1 / 4 + 1.96**2 / 6) ** 0.5
    assert agreement.upper_limit.high - agreement.upper_limit.value == pytest.approx(wide, abs=1e-3)


def test_one_photograph_has_a_difference_and_no_limits():
    agreement = bland_altman([10], [12])
    assert agreement.mean_difference.value == 2
    assert math.isnan(agreement.lower_limit.value)


def test_of_no_photograph_there_is_no_difference():
    assert math.isnan(bland_altman([], []).mean_difference.value)


def test_counts_that_are_always_twice_the_truth_are_correlated_and_wrong():
    assert correlation([1, 2, 3, 5], [2, 4, 6, 10]).value == pytest.approx(1)


@pytest.mark.parametrize(("true_counts", "counts"), [([], []), ([1, 2], [1, 2]), ([4, 4, 4], [1, 2, 3])])
def test_where_nothing_varies_there_is_no_correlation(true_counts, counts):
    assert all(math.isnan(number) for number in correlation(true_counts, counts))


def test_three_photographs_have_a_correlation_without_an_interval():
    figure = correlation([1, 2, 3], [1, 2, 4])
    assert figure.value > 0.9
    assert math.isnan(figure.low)


def test_counts_that_are_always_twice_the_truth_are_correlated_but_not_concordant():
    """By hand: means 2.75 and 5.5, variances (n) 2.1875 and 8.75, covariance 4.375: 8.75 / (10.9375 + 7.5625)."""
    assert concordance([1, 2, 3, 5], [2, 4, 6, 10]).value == pytest.approx(8.75 / 18.5)


def test_equal_counts_are_in_full_concordance():
    assert concordance([1, 2, 3, 5], [1, 2, 3, 5]) == pytest.approx((1, 1, 1))


def test_concordance_does_not_depend_on_which_count_is_the_reference():
    counts = [10, 22, 30, 38, 55], [12, 20, 33, 41, 50]
    assert concordance(*counts) == pytest.approx(concordance(*counts[::-1]))


def test_of_the_intervals_of_concordance_about_95_percent_hold_the_truth():
    """Two readings of variance 900 + 100 each: concordance 0.9."""
    rng, held = np.random.default_rng(2), []
    for _ in range(400):
        true = rng.normal(100, 30, 40)
        figure = concordance(true + rng.normal(0, 10, 40), true + rng.normal(0, 10, 40))
        held.append(figure.low <= 0.9 <= figure.high)
    assert 0.92 <= np.mean(held) <= 0.98


@pytest.mark.parametrize(("true_counts", "counts"), [([], []), ([1, 2], [1, 2]), ([4, 4, 4], [1, 2, 3])])
def test_where_nothing_varies_there_is_no_concordance(true_counts, counts):
    assert all(math.isnan(number) for number in concordance(true_counts, counts))


def test_a_count_without_correlation_has_a_concordance_without_an_interval():
    figure = concordance([1, 2, 1, 2], [1, 1, 2, 2])
    assert figure.value == pytest.approx(0)
    assert math.isnan(figure.low)


def test_a_constant_difference_is_no_proportional_bias():
    assert proportional_bias([10, 20, 30, 40], [12, 22, 32, 42]) == pytest.approx((0, 0, 0))


def test_a_tenth_too_many_is_a_proportional_bias():
    """Differences 0.1 x over means 1.05 x."""
    assert proportional_bias([10, 20, 30, 40], [11, 22, 33, 44]).value == pytest.approx(0.1 / 1.05)


@pytest.mark.parametrize(("true_counts", "counts"), [([], []), ([1, 2], [1, 3]), ([4, 4, 4], [2, 2, 2])])
def test_of_equal_means_there_is_no_proportional_bias(true_counts, counts):
    assert all(math.isnan(number) for number in proportional_bias(true_counts, counts))


def test_detection_figures_are_those_of_all_photographs_together():
    figures = detection_figures(DETECTIONS)
    assert figures["recall"].value == add_up(DETECTIONS).recall
    assert figures["F1"].low < figures["F1"].value < figures["F1"].high
