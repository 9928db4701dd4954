from dataclasses import replace
from datetime import UTC, datetime

import pytest

from hemolens.cells.counters.peaks import PeaksSettings
from hemolens.counted_image import CellOrigin, Review
from hemolens.measurements.quality import Finding, Quality
from hemolens.measurements.scale import RedCellDiameter
from hemolens.output.column import header
from hemolens.output.counts_csv import COLUMNS, counted_row, failed_row
from hemolens.output.entries import Entry
from hemolens.statistics.uncertainty import CountError

NAMES = header(COLUMNS)
ENTRY = Entry("a.jpg", "overlay/a.png", "a.jpg")


def of(result):
    return dict(zip(NAMES, counted_row(ENTRY, result), strict=True))


def test_the_columns_that_other_tools_rely_on_come_first():
    assert NAMES[:6] == ("image", "width", "height", "rbc", "wbc", "plt")


def test_columns_are_only_ever_added_at_the_end():
    before = ("red_cell_diameter_px", "scale_confidence", "seconds", "overlay", "error")
    assert NAMES[6:15] == (*before, "scale_origin", "scale_warning", "quality", "quality_reason")
    assert NAMES[15:21] == (
        "frame_area_px", "frame_area_mm2", "um_per_px", "um_per_px_origin", "interval_includes", "rbc_frame",
    )  # fmt: skip


def test_no_column_has_the_name_of_another():
    assert len(set(NAMES)) == len(NAMES) == 55


def test_a_review_is_told_at_the_end(make_result, make_cell):
    result = make_result("a.jpg", make_cell())
    assert counted_row(ENTRY, result)[-6:] == ("",) * 6
    review = Review(
        1, 2, 0, ("=Ada", "Ben"), (CellOrigin(),), signed_by="@Cy", signed_at=datetime(2026, 1, 2, tzinfo=UTC)
    )
    assert counted_row(ENTRY, replace(result, review=review))[-6:-1] == ("1", "2", "0", "'=Ada; Ben", "'@Cy")


def test_a_counted_photograph(make_result, make_cell):
    row = counted_row(ENTRY, make_result("a.jpg", make_cell("rbc"), make_cell("plt")))
    size_and_counts = ("a.jpg", "60", "40", "1", "0", "1", "12.35", "0.500", "0.250", "overlay/a.png", "")
    assert row[:15] == (*size_and_counts, "estimate", "", "accept", "")
    assert len(row) == len(COLUMNS)


def test_the_numbers_of_the_frame(make_result, make_cell):
    cells = [make_cell("rbc", col=col) for col in (2, 10, 20, 30)] + [make_cell("plt")]
    row = of(make_result("a.jpg", *cells, diameter=RedCellDiameter(75.0, 1.0, "um_per_px")))
    assert (row["rbc"], row["rbc_frame"], row["plt_frame"]) == ("4", "3", "1")
    assert (row["frame_area_px"], row["um_per_px"], row["um_per_px_origin"]) == ("2301", "0.10000", "given")
    assert float(row["rbc_per_mm2"]) == pytest.approx(3 / 2301e-8, rel=1e-4)
    assert (row["wbc_per_1000_rbc"], row["plt_per_1000_rbc"]) == ("0.00", "333.33")
    assert (row["rbc_expected"], row["rbc_expected_low"], row["rbc_expected_high"]) == ("3.00", "0.62", "8.77")
    assert (row["interval_includes"], row["rbc_corrected"], row["rbc_unsure"]) == ("sampling only", "", "")


def test_an_assumed_scale_says_so(make_result):
    row = of(make_result("a.jpg", diameter=RedCellDiameter(75.0, 0.9)))
    assert row["um_per_px_origin"] == "assumed: a red cell is 7.5 µm wide"


def test_no_density_on_an_unknown_scale_and_no_ratio_without_red_cells(make_result):
    row = of(make_result("a.jpg", diameter=RedCellDiameter(80.0, 0.0, "fallback")))
    columns = ("frame_area_mm2", "um_per_px", "um_per_px_origin", "rbc_per_mm2", "plt_per_1000_rbc")
    assert [row[column] for column in columns] == [""] * 5


def test_the_models_error_corrects_where_it_was_measured(make_result, make_cell):
    error = CountError(bias=0.25, bias_error=0.0, spread=0.1, scatter=0.1, n_photographs=30, photographs="drawn")
    result = make_result("a.jpg", *[make_cell()] * 5)
    method = result.methods["rbc"]
    known = method.card.model_copy(update={"count_error": {"rbc": error}})
    own = replace(method, card=known, counter=known.default_counter("rbc"))
    result = replace(result, methods={**result.methods, "rbc": own})
    row = of(result)
    assert (row["rbc_corrected"], row["wbc_corrected"], row["interval_includes"]) == (
        "4.00", "", "sampling; model error of rbc",
    )  # fmt: skip
    assert float(row["rbc_corrected_low"]) < 4 < float(row["rbc_corrected_high"])


def test_unsure_cells_are_counted_where_scores_are_calibrated(make_result, make_cell):
    calibrated = PeaksSettings(score_points=((0.0, 0.0), (1.0, 1.0)))
    cells = [replace(make_cell(), score=score) for score in (0.5, 0.74, 0.75, 0.9)]
    result = make_result("a.jpg", *cells)
    own = replace(result.methods["rbc"], settings=calibrated)
    result = replace(result, methods={**result.methods, "rbc": own})
    assert (of(result)["rbc_unsure"], of(result)["wbc_unsure"]) == ("2", "")


def test_a_doubtful_ruler_says_so_in_its_column(make_result):
    doubtful = RedCellDiameter(80.0, 0.1)
    row = of(make_result("a.jpg", diameter=doubtful))
    assert row["scale_warning"] == doubtful.warning != ""


def test_a_rejected_photograph_has_its_counts_and_every_reason(make_result, make_cell):
    findings = (Finding("focus", "reject", "out of focus"), Finding("grain", "warn", "grainy"))
    result = make_result("a.jpg", make_cell("rbc"), quality=Quality(findings, {}))
    row = of(result)
    assert (row["rbc"], row["quality"], row["quality_reason"]) == ("1", "reject", "out of focus; grainy")


def test_a_failed_photograph_has_no_zeros():
    row = failed_row(ENTRY, "broken")
    assert dict(zip(NAMES, row, strict=True)) == dict.fromkeys(NAMES, "") | {
        "image": "a.jpg",
        "error": "broken",
    }


def test_a_name_like_a_formula_is_made_harmless(make_result):
    entry = Entry("=1+1.jpg", "overlay/=1+1.png", "=1+1.jpg")
    assert counted_row(entry, make_result())[0] == failed_row(entry, "broken")[0] == "'=1+1.jpg"
