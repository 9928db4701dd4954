import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betaincinv, gammaincinv, stdtrit

from hemolens.statistics.uncertainty import (
    CountError,
    Interval,
    corrected_count,
    deviation_interval,
    mean_per_field,
    poisson_interval,
    share_interval,
    student_quantile,
    times,
    with_model_error,
)

counts = st.integers(0, 2000)
errors = st.builds(
    CountError,
    bias=st.floats(-0.5, 0.5),
    bias_error=st.floats(0, 0.3),
    spread=st.floats(0, 0.5),
    scatter=st.floats(0, 5),
    n_photographs=st.integers(2, 100),
    photographs=st.just("drawn"),
)


def error(**changed):
    values = {"bias": 0.0, "bias_error": 0.0, "spread": 0.0, "scatter": 0.0, "n_photographs": 30}
    return CountError(**values | changed, photographs="drawn")


def rounded(interval):
    return [round(number, 1) for number in interval]


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(0, 0, 3.7), (5, 1.6, 11.7), (10, 4.8, 18.4), (50, 37.1, 65.9), (100, 81.4, 121.6), (1000, 939.0, 1064.0)],
)
def test_the_exact_poisson_interval_is_that_of_the_tables(count, low, high):
    assert rounded(poisson_interval(count)) == [count, low, high]


@pytest.mark.parametrize("count", [0.05, 0.4, 1, 2.5, 39, 528, 1998.5, 2000, 1e6, 1e9])
def test_poisson_limits_are_those_of_scipy(count):
    limits = gammaincinv(count, 0.025), gammaincinv(count + 1, 0.975)
    assert poisson_interval(count)[1:] == pytest.approx(limits, rel=1e-11)


@pytest.mark.parametrize("n_degrees", [1, 2, 3, 4, 29, 72, 598, 5000])
def test_students_quantile_is_that_of_scipy(n_degrees):
    assert student_quantile(n_degrees) == pytest.approx(stdtrit(n_degrees, 0.975), rel=1e-12)


def test_one_field_has_the_poisson_interval():
    assert mean_per_field([17]) == poisson_interval(17)


def test_fields_without_cells_still_have_an_upper_limit():
    assert rounded(mean_per_field([0, 0, 0, 0])) == [0, 0, 0.9]


def test_equal_fields_are_not_taken_for_certain():
    mean = mean_per_field([10, 10])
    assert mean.low < 10 < mean.high


def test_fields_that_differ_more_have_a_wider_interval():
    even, uneven = mean_per_field([98, 100, 102]), mean_per_field([50, 100, 150])
    assert uneven.high - uneven.low > 5 * (even.high - even.low)


def test_the_order_of_fields_does_not_matter():
    assert mean_per_field([3, 9, 5]) == mean_per_field([9, 5, 3])


@given(st.lists(counts, min_size=1, max_size=30))
def test_a_mean_lies_in_its_interval(fields):
    mean = mean_per_field(fields)
    assert 0 <= mean.low <= mean.value <= mean.high < math.inf
    assert mean.value == pytest.approx(sum(fields) / len(fields))


@given(counts, errors)
def test_a_corrected_count_lies_in_its_interval(count, error):
    corrected = corrected_count(count, error)
    assert 0 <= corrected.low <= corrected.value * (1 + 1e-9)
    assert corrected.value <= corrected.high * (1 + 1e-9)


@given(st.lists(counts, min_size=1, max_size=9), errors)
def test_the_models_error_never_makes_an_interval_narrower(fields, error):
    sampled, joined = mean_per_field(fields), with_model_error(mean_per_field(fields), error)
    scale = 1 + error.bias
    assert joined.low <= sampled.low / scale * (1 + 1e-9)
    assert joined.high >= sampled.high / scale * (1 - 1e-9)


def test_a_model_without_error_leaves_half_a_cell():
    assert corrected_count(40, error()) == (40, 39.5, 40.5)
    assert rounded(with_model_error(Interval(10, 5, 18), error())) == [10, 5, 18]


def test_bias_is_taken_off():
    assert corrected_count(90, error(bias=-0.1)).value == pytest.approx(100)


def test_a_model_that_may_find_anything_has_no_upper_limit():
    hopeless = error(spread=0.9, n_photographs=3)
    assert corrected_count(50, hopeless).high == math.inf
    assert with_model_error(Interval(50, 40, 60), hopeless).high == math.inf


def test_no_cells_times_anything_are_no_cells():
    assert times(Interval(0, 0, 3.7), Interval(2, 1, 4)) == (0, 0, 14.8)


# ------------------------------------------------------------------ coverage; benchmarks/interval_coverage.py has more


def coverage(draw, n_times=2000):
    return sum(interval.low <= truth <= interval.high for interval, truth in (draw() for _ in range(n_times))) / n_times


@pytest.mark.parametrize("mean", [30, 100, 300])
def test_of_intervals_of_one_field_95_percent_hold_the_mean(mean):
    rng = np.random.default_rng(mean)
    assert 0.93 <= coverage(lambda: (poisson_interval(int(rng.poisson(mean))), mean)) <= 0.97


@pytest.mark.parametrize("n_fields", [3, 10, 30])
@pytest.mark.parametrize("variation", [0.2, 0.5])
def test_of_intervals_of_several_fields_95_percent_hold_the_mean_of_the_smear(n_fields, variation):
    rng = np.random.default_rng(n_fields)

    def draw():
        densities = 50 * rng.gamma(variation**-2, variation**2, n_fields)
        return mean_per_field(rng.poisson(densities).tolist()), 50

    assert 0.93 <= coverage(draw) <= 0.97


@pytest.mark.parametrize("areas", [[1, 1, 1, 3, 3], [1, 5]])
def test_of_intervals_of_fields_of_different_size_95_percent_hold_the_mean(areas):
    rng = np.random.default_rng(0)
    mean = 50 * np.mean(areas)

    def draw():
        densities = 50 * rng.gamma(0.2**-2, 0.2**2, len(areas))
        return mean_per_field(rng.poisson(densities * areas).tolist(), areas), mean

    assert 0.93 <= coverage(draw) <= 0.97


def test_of_corrected_counts_95_percent_hold_the_truth():
    rng = np.random.default_rng(0)
    known = error(bias=-0.05, spread=0.04, scatter=0.14, n_photographs=1000)

    def draw():
        truth = int(rng.integers(50, 400))
        luck = rng.normal(0, 0.04)
        return corrected_count(int(rng.binomial(truth, min(0.9 + luck, 1)) + rng.poisson(0.05 * truth)), known), truth

    assert 0.93 <= coverage(draw) <= 0.97


@given(st.integers(1, 3000), st.data())
def test_shares_have_the_limits_of_the_beta_distribution(total, data):
    count = data.draw(st.integers(0, total))
    share, low, high = share_interval(count, total)
    assert share == count / total
    assert low == pytest.approx(betaincinv(count, total - count + 1, 0.025) if count else 0, abs=1e-9)
    assert high == pytest.approx(betaincinv(count + 1, total - count, 0.975) if count < total else 1, abs=1e-9)


@given(st.integers(2, 5000))
def test_deviations_have_the_limits_of_the_chi_squared_distribution(n):
    low, high = (math.sqrt((n - 1) / (2 * gammaincinv((n - 1) / 2, tail))) for tail in (0.975, 0.025))
    assert deviation_interval(3.0, n) == pytest.approx((3, 3 * low, 3 * high), rel=1e-6)
