import numpy as np
import pytest

from hemolens.evaluation.calibration import MAX_POINTS, calibration_error, fit_score_points

RNG = np.random.default_rng(0)
OWN = RNG.random(4000)
IS_TRUE = RNG.random(4000) < OWN**2
"""A score that is too sure: of the cells scored 0.5, one in four is right."""


def test_points_rise_and_stay_within_0_and_1():
    points = np.array(fit_score_points(OWN, IS_TRUE))
    assert (np.diff(points, axis=0) >= 0).all()
    assert points.min() >= 0
    assert points.max() <= 1
    assert len(points) <= MAX_POINTS


def test_the_points_turn_a_score_into_the_share_of_true_positives():
    own, share = np.array(fit_score_points(OWN[:2000], IS_TRUE[:2000])).T
    made = np.interp(OWN[2000:], own, share)
    assert calibration_error(made, IS_TRUE[2000:]) < 0.05 < calibration_error(OWN[2000:], IS_TRUE[2000:])


@pytest.mark.parametrize("is_true", [True, False])
def test_one_cell_gives_one_point(is_true):
    assert fit_score_points([0.7], [is_true]) == [(0.7, float(is_true))]


def test_equal_scores_give_one_point():
    assert fit_score_points([0.5] * 100, [True] * 60 + [False] * 40) == [(0.5, 0.6)]


def test_a_lower_score_never_means_more():
    points = fit_score_points([0.1, 0.2, 0.3], [True, False, False])
    assert [share for _, share in points] == pytest.approx([1 / 3] * 3, abs=1e-4)


def test_true_probabilities_have_no_calibration_error():
    assert calibration_error(OWN**2, IS_TRUE) < 0.02
