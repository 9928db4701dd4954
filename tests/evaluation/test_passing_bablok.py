import math
from itertools import combinations
from statistics import median

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemolens.evaluation.passing_bablok import passing_bablok

PUBLISHED = (
    list(range(1, 21)),
    [1.03, 2.05, 2.79, 3.67, 5.00, 5.82, 7.16, 7.69, 8.53, 10.38, 11.11, 12.17, 13.47, 13.83, 15.15, 16.12, 16.94,
     18.09, 19.13, 19.54],
)  # fmt: skip
"""The example of the Python package methcomp, whose tests record what the R package mcr makes of it."""

counts = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=3, max_size=25)


def noisy(n, slope=1.0, seed=0, bend=1.0):
    rng = np.random.default_rng(seed)
    true = rng.uniform(20, 200, n)
    bent = slope * true**bend * 200 ** (1 - bend)
    return rng.poisson(true).tolist(), rng.poisson(bent).tolist()


def by_brute_force(x, y):
    """As in the paper: sort all slopes, and shift the median by the number of those below −1."""
    slopes = []
    for (x0, y0), (x1, y1) in combinations(zip(x, y, strict=True), 2):
        if x0 != x1 and (y1 - y0) != -(x1 - x0):
            slopes.append((y1 - y0) / (x1 - x0))
        elif x0 == x1 and y0 != y1:
            slopes.append(math.copysign(math.inf, y1 - y0))
    slopes.sort()
    n, k = len(slopes), sum(slope < -1 for slope in slopes)
    wide = 1.959964 * (len(x) * (len(x) - 1) * (2 * len(x) + 5) / 18) ** 0.5
    m1 = math.floor((n - wide) / 2 + 0.5)
    return slopes[(n + 1) // 2 + k - 1], slopes[n // 2 + k], slopes[m1 + k - 1], slopes[n - m1 + k]


def test_the_published_example():
    line = passing_bablok(*PUBLISHED)
    assert (line.slope.value, line.intercept.value) == pytest.approx((1.0050, 0.0125), abs=1e-4)
    assert (line.slope.low, line.slope.high) == pytest.approx((0.9848, 1.0266), abs=2e-3)
    assert (line.intercept.low, line.intercept.high) == pytest.approx((-0.2975, 0.1393), abs=2e-2)


@pytest.mark.parametrize("seed", range(5))
def test_it_is_what_the_paper_says_pair_by_pair(seed):
    x, y = noisy(30, seed=seed)
    below, above, low, high = by_brute_force(x, y)
    line = passing_bablok(x, y)
    assert below <= line.slope.value <= above
    assert (line.slope.low, line.slope.high) == (low, high)
    assert line.intercept.value == median(b - line.slope.value * a for a, b in zip(x, y, strict=True))
    assert line.intercept.low == median(b - high * a for a, b in zip(x, y, strict=True))


@pytest.mark.parametrize(("slope", "intercept"), [(1, 0), (0.9, 3), (2.5, -1)])
def test_points_on_a_line_give_that_line(slope, intercept):
    x = [3, 10, 20, 41, 57, 80]
    line = passing_bablok(x, [intercept + slope * each for each in x])
    assert (*line.slope, *line.intercept) == pytest.approx((slope,) * 3 + (intercept,) * 3)
    assert math.isnan(line.linearity)


@given(counts)
@settings(max_examples=50)
def test_exchanging_both_methods_gives_the_same_line(pairs):
    x, y = zip(*pairs, strict=True)
    line, other = passing_bablok(x, y), passing_bablok(y, x)
    if not math.isnan(line.slope.value) and line.slope.value > 0.01:
        assert other.slope.value == pytest.approx(1 / line.slope.value)
        assert other.intercept.value == pytest.approx(-line.intercept.value / line.slope.value, abs=1e-6)


@given(counts, st.integers(1, 7), st.integers(0, 50))
@settings(max_examples=50)
def test_the_unit_of_counting_does_not_matter(pairs, scale, shift):
    x, y = np.array(pairs).T
    line, scaled = passing_bablok(x, y), passing_bablok(scale * x, scale * y + shift)
    assert scaled.slope.value == pytest.approx(line.slope.value, nan_ok=True)
    assert scaled.intercept.value == pytest.approx(scale * line.intercept.value + shift, nan_ok=True, abs=1e-6)


@given(counts, st.randoms())
@settings(max_examples=50)
def test_the_order_of_the_rows_does_not_matter(pairs, random):
    shuffled = pairs.copy()
    random.shuffle(shuffled)
    line, other = (passing_bablok(*zip(*each, strict=True)) for each in (pairs, shuffled))
    assert np.concatenate([*line[:2], line[2:]]) == pytest.approx(np.concatenate([*other[:2], other[2:]]), nan_ok=True)


def test_one_wrong_count_hardly_moves_the_line():
    x, y = noisy(40)
    assert passing_bablok([*x, 200], [*y, 0]).slope.value == pytest.approx(passing_bablok(x, y).slope.value, abs=0.05)


@pytest.mark.parametrize(
    ("x", "y"), [([], []), ([1, 2], [1, 2]), ([5, 5, 5], [1, 2, 3]), ([4, 4, 4], [4, 4, 4]), ([1, 2, 3], [3, 2, 1])]
)
def test_where_there_is_no_line_there_is_no_number(x, y):
    line = passing_bablok(x, y)
    assert all(math.isnan(number) for number in (*line.slope, *line.intercept, line.linearity))


def test_four_photographs_have_a_line_without_an_interval():
    slope = passing_bablok([1, 2, 3, 4], [1, 2, 4, 5]).slope
    assert slope.value == pytest.approx(1.4, abs=0.1)
    assert math.isnan(slope.low)
    assert not math.isnan(passing_bablok([1, 2, 3, 4, 5], [1, 2, 4, 5, 6]).slope.low)


def test_of_95_percent_intervals_so_many_hold_the_truth():
    held = [line.slope.low <= 1 <= line.slope.high for line in (passing_bablok(*noisy(40, seed=s)) for s in range(300))]
    assert 0.92 <= np.mean(held) <= 1


def test_a_straight_line_is_seldom_rejected_and_a_bent_one_often():
    straight = [passing_bablok(*noisy(100, seed=s)).linearity < 0.05 for s in range(200)]
    bent = [passing_bablok(*noisy(100, seed=s, bend=1.5)).linearity < 0.05 for s in range(50)]
    assert 0.01 <= np.mean(straight) <= 0.13
    assert np.mean(bent) > 0.8
