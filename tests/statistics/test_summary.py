import math
from dataclasses import replace

import pytest

from hemolens.statistics.counts import Counts, FrameCounts
from hemolens.statistics.site import SiteFactor
from hemolens.statistics.summary import CountedField, summarise, summarise_field
from hemolens.statistics.uncertainty import CountError, mean_per_field

ERROR = CountError(bias=0.25, bias_error=0.0, spread=0.1, scatter=0.0, n_photographs=30, photographs="drawn")


def field(rbc=100, wbc=2, plt=5, *, area_px=1_000_000, um_per_px=0.1, errors=None, verdict="accept"):
    counts = Counts(rbc, wbc, plt)
    frame = FrameCounts(counts, area_px)
    return CountedField(counts + Counts(9, 0, 1), frame, um_per_px, True, errors or {}, verdict)


def test_totals_and_means():
    plt = summarise([field(plt=4), field(plt=8)])["plt"]
    assert (plt.n_fields, plt.total, plt.in_frame, plt.per_field) == (2, 14, 12, 6.0)
    assert plt.expected == mean_per_field([4, 8])


def test_density_is_cells_over_counted_area():
    assert summarise([field(rbc=100), field(rbc=200)])["rbc"].per_mm2 == pytest.approx(300 / 0.02)


def test_density_is_of_the_fields_whose_scale_is_known():
    assert summarise([field(rbc=100), field(rbc=900, um_per_px=None)])["rbc"].per_mm2 == pytest.approx(100 / 0.01)


def test_no_density_where_no_scale_is_known():
    assert summarise([field(um_per_px=None), field(um_per_px=None)])["rbc"].per_mm2 is None


def test_rejected_fields_are_left_out():
    good = [field(rbc=100), field(rbc=120)]
    summary = summarise([*good, field(rbc=2, plt=90, verdict="reject")])
    assert summary["rbc"].n_rejected == 1
    assert [replace(each, n_rejected=0) for each in summary.values()] == list(summarise(good).values())


def test_where_all_fields_are_rejected_there_is_no_mean():
    rbc = summarise([field(verdict="reject"), field(verdict="reject")])["rbc"]
    assert (rbc.n_fields, rbc.n_rejected, rbc.per_mm2) == (0, 2, None)
    assert math.isnan(rbc.expected.value)


def test_a_rejected_field_by_itself_keeps_its_numbers():
    assert summarise_field(field(rbc=100, verdict="reject"))["rbc"].per_field == 100


@pytest.mark.parametrize("grey_is_first", [True, False])
def test_an_error_that_one_field_does_not_have_is_not_included(grey_is_first):
    fields = [field(errors={"plt": ERROR}), field()]
    plt = summarise(fields[::-1] if grey_is_first else fields)["plt"]
    assert (plt.includes_model_error, plt.expected) == (False, mean_per_field([5, 5]))


def test_fields_of_different_size_with_one_density_agree():
    large, small = field(rbc=600, area_px=6_000_000), field(rbc=10, area_px=100_000)
    by_area = summarise([large, small])["rbc"].expected
    as_if_equal = summarise([field(rbc=600), field(rbc=10)])["rbc"].expected
    assert by_area.value == as_if_equal.value == 305
    assert by_area.high < 600 < as_if_equal.high


def test_fields_of_one_size_on_the_smear_are_joined_by_it_whatever_their_pixels():
    fine, coarse = field(rbc=100, um_per_px=0.1), field(rbc=100, um_per_px=0.2, area_px=250_000)
    given = [replace(each, um_is_assumed=False) for each in (fine, coarse)]
    assert summarise(given)["rbc"].expected == mean_per_field([100, 100])


def test_ratios_are_per_1000_red_cells():
    summary = summarise([field(rbc=100, plt=4), field(rbc=400, plt=6)])
    assert (summary["plt"].per_1000_rbc, summary["rbc"].per_1000_rbc) == (20.0, None)


def test_no_ratio_without_red_cells():
    assert summarise([field(rbc=0)])["plt"].per_1000_rbc is None


def test_the_models_error_is_in_the_interval_where_it_is_known():
    summary = summarise([field(errors={"rbc": ERROR})])
    assert [summary[kind].includes_model_error for kind in ("rbc", "wbc")] == [True, False]
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
