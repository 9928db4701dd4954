import math

import pytest

from hemolens.statistics.counts import Counts, FrameCounts
from hemolens.statistics.site import SiteFactor
from hemolens.statistics.summary import CountedField, summarise
from hemolens.statistics.uncertainty import CountError, mean_per_field

ERROR = CountError(bias=0.25, bias_error=0.0, spread=0.1, scatter=0.0, n_photographs=30, photographs="drawn")


def field(rbc=100, wbc=2, plt=5, *, area_px=1_000_000, um_per_px=0.1, errors=None):
    counts = Counts(rbc, wbc, plt)
    return CountedField(counts + Counts(9, 0, 1), FrameCounts(counts, area_px), um_per_px, True, errors or {})


def test_totals_and_means():
    plt = summarise([field(plt=4), field(plt=8)])["plt"]
    assert (plt.n_fields, plt.total, plt.in_frame, plt.per_field) == (2, 14, 12, 6.0)
    assert plt.expected == mean_per_field([4, 8])


def test_density_is_cells_over_counted_area():
    assert summarise([field(rbc=100), field(rbc=200)])["rbc"].per_mm2 == pytest.approx(300 / 0.02)


def test_no_density_where_one_scale_is_unknown():
    assert summarise([field(), field(um_per_px=None)])["rbc"].per_mm2 is None


def test_ratios_are_per_1000_red_cells():
    summary = summarise([field(rbc=100, plt=4), field(rbc=400, plt=6)])
    assert (summary["plt"].per_1000_rbc, summary["rbc"].per_1000_rbc) == (20.0, None)


def test_no_ratio_without_red_cells():
    assert summarise([field(rbc=0)])["plt"].per_1000_rbc is None


def test_the_models_error_is_in_the_interval_where_it_is_known():
    summary = summarise([field(errors={"rbc": ERROR})])
    assert [summary[kind].holds_model_error for kind in ("rbc", "wbc")] == [True, False]
    assert summary["rbc"].expected.value == pytest.approx(80)
    assert summary["rbc"].per_field == 100


def test_no_estimate_per_microlitre_without_a_factor():
    assert all(each.per_ul is None for each in summarise([field()]).values())
    summary = summarise([field()], {"plt": SiteFactor(factor=15000)})
    assert [kind for kind, each in summary.items() if each.per_ul] == ["plt"]


def test_a_factor_that_was_set_scales_the_interval():
    per_ul = summarise([field(plt=10)], {"plt": SiteFactor(factor=15000)})["plt"].per_ul
    assert list(per_ul) == pytest.approx([15000 * limit for limit in mean_per_field([10])])


def test_a_measured_factor_widens_the_interval_and_knows_its_field():
    set_by_hand = SiteFactor(factor=15000)
    measured = SiteFactor(factor=15000, low=12000, high=18750, spread=0.2, n_smears=10, field_area_px=2_000_000)
    narrow, wide = (summarise([field()], {"plt": factor})["plt"].per_ul for factor in (set_by_hand, measured))
    assert wide.value == pytest.approx(2 * narrow.value)
    assert wide.high / wide.value > 1.1 * narrow.high / narrow.value


def test_nothing_counted_is_not_zero():
    rbc = summarise([], {"plt": SiteFactor(factor=1)})["rbc"]
    assert rbc.n_fields == 0
    assert math.isnan(rbc.per_field)
    assert rbc.per_mm2 is rbc.per_ul is rbc.per_1000_rbc is None
