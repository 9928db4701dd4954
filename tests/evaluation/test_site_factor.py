import math
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hemolens.errors import LabelError
from hemolens.evaluation.site_factor import CountedSmear, fit_factor, read_site_factors

ROWS = ["a,10,100", "a,14,100", "b,20,200", "b,,", "c,40,", "c,40,400"]


def written(tmp_path, rows, columns="smear,plt_frame,plt_per_ul"):
    path = tmp_path / "counts.csv"
    path.write_text("\n".join([columns, *rows]), "utf-8")
    return path


def test_fields_of_a_smear_belong_together(tmp_path):
    factors = read_site_factors(written(tmp_path, ROWS))
    assert list(factors) == ["plt"]
    assert factors["plt"].n_smears == 3
    assert factors["plt"].factor == pytest.approx((100 / 12 * 10 * 10) ** (1 / 3), rel=1e-3)


def test_the_area_of_the_fields_is_kept(tmp_path):
    rows = [f"{row},1000" for row in ROWS]
    factors = read_site_factors(written(tmp_path, rows, "smear,plt_frame,plt_per_ul,frame_area_px"))
    assert factors["plt"].field_area_px == 1000


def test_the_factor_lies_in_its_interval_in_95_percent_of_calibrations():
    rng = np.random.default_rng(0)

    def once():
        smears = []
        for mean in rng.uniform(5, 40, 10):
            smears.append(CountedSmear(rng.poisson(mean, 10).tolist(), 15000 * mean * math.exp(rng.normal(0, 0.2))))
        factor = fit_factor(smears)
        return factor.low <= 15000 <= factor.high

    assert 0.93 <= sum(once() for _ in range(1000)) / 1000 <= 0.97


def test_what_chance_explains_is_no_spread_between_smears():
    rng = np.random.default_rng(0)
    smears = [CountedSmear(rng.poisson(10, 10).tolist(), 150_000) for _ in range(200)]
    assert fit_factor(smears).spread < 0.05


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (ROWS[:4], "too few smears for a factor of platelets: got 2 with counts"),
        ([*ROWS, "d,0,50"], "no platelets were counted on a smear: got 'd'"),
        ([*ROWS, "a,10,101"], "line 8 of 'counts.csv' has another plt_per_ul: got 100 and 101 for 'a'"),
        ([*ROWS, ",10,101"], "line 8 of 'counts.csv' names no smear"),
        ([*ROWS, "d,1.5,10"], "plt_frame in line 8 of 'counts.csv' is not a count"),
        ([*ROWS, "d,-1,10"], "plt_frame in line 8 of 'counts.csv' is not a count"),
        ([*ROWS, "d,1,0"], "plt_per_ul in line 8 of 'counts.csv' is out of range: got 0"),
        ([*ROWS, "d,1,nan"], "plt_per_ul in line 8 of 'counts.csv' is not a number"),
        ([*ROWS, "d,1"], "line 8 of 'counts.csv' does not fit its columns"),
    ],
)
def test_a_table_that_says_too_little_is_refused(tmp_path, rows, message):
    with pytest.raises(LabelError, match=message):
        read_site_factors(written(tmp_path, rows))


@pytest.mark.parametrize("columns", ["image,plt_frame,plt_per_ul", "smear,plt,plt_per_ul", "smear,plt_frame,note"])
def test_missing_columns_are_named(tmp_path, columns):
    with pytest.raises(LabelError, match="the table cannot calibrate: got no column"):
        read_site_factors(written(tmp_path, ["a,1,2"], columns))


def test_fields_of_different_size_are_refused(tmp_path):
    rows = [f"{row},{1000 + n * 100}" for n, row in enumerate(ROWS)]
    with pytest.raises(LabelError, match="the fields differ in size: got frame_area_px from 1000 to 1500"):
        read_site_factors(written(tmp_path, rows, "smear,plt_frame,plt_per_ul,frame_area_px"))


def test_rejected_fields_calibrate_nothing(tmp_path):
    rows = [f"{row},1000,accept" for row in ROWS]
    rejected = ["a,9000,100,500,reject", "d,9000,100,500,reject"]
    columns = "smear,plt_frame,plt_per_ul,frame_area_px,quality"
    with_rejected = read_site_factors(written(tmp_path, [*rows, *rejected], columns))
    assert with_rejected == read_site_factors(written(tmp_path, rows, columns))


def test_smears_that_disagree_beyond_measure_are_refused():
    smears = [CountedSmear([1], 1e9), CountedSmear([10_000_000], 1), CountedSmear([1], 1e9)]
    with pytest.raises(LabelError, match="the smears disagree too much for a factor"):
        fit_factor(smears)


def test_many_smears_of_which_some_are_beyond_measure_are_refused():
    smears = [CountedSmear([1], 1.0)] * 900 + [CountedSmear([1], 5e-324)] * 30
    with pytest.raises(LabelError, match="the smears disagree too much for a factor"):
        fit_factor(smears)


@given(
    st.lists(
        st.builds(
            CountedSmear,
            st.lists(st.integers(1, 10_000_000), min_size=1, max_size=3),
            st.floats(0, 1e9, exclude_min=True),
        ),
        min_size=3,
        max_size=60,
    )
)
def test_whatever_a_table_may_say_has_a_factor_or_is_refused(smears):
    with suppress(LabelError):
        factor = fit_factor(smears)
        assert factor.low <= factor.factor <= factor.high
