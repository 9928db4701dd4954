import math

import pytest

from hemolens.evaluation.agreement import counting_accuracy, mean_absolute_error, relative_bias


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
