from hemolens.export.counts_csv import COLUMNS, counted_row, failed_row
from hemolens.export.entries import Entry
from hemolens.quality import Finding, Quality
from hemolens.scale import RedCellDiameter

ENTRY = Entry("a.jpg", "overlay/a.png", "a.jpg")


def test_the_columns_that_other_tools_rely_on_come_first():
    assert COLUMNS[:6] == ("image", "width", "height", "rbc", "wbc", "plt")


def test_columns_are_only_ever_added_at_the_end():
    before = ("red_cell_diameter_px", "scale_confidence", "seconds", "overlay", "error")
    assert COLUMNS[6:] == (*before, "scale_origin", "scale_warning", "quality", "quality_reason")


def test_a_counted_photograph(make_result, make_cell):
    row = counted_row(ENTRY, make_result("a.jpg", make_cell("rbc"), make_cell("plt")))
    size_and_counts = ("a.jpg", "60", "40", "1", "0", "1", "12.35", "0.500", "0.250", "overlay/a.png", "")
    assert row == (*size_and_counts, "estimate", "", "accept", "")
    assert len(row) == len(COLUMNS)


def test_a_doubtful_ruler_says_so_in_its_column(make_result):
    doubtful = RedCellDiameter(80.0, 0.1)
    row = dict(zip(COLUMNS, counted_row(ENTRY, make_result("a.jpg", diameter=doubtful)), strict=True))
    assert row["scale_warning"] == doubtful.warning != ""


def test_a_rejected_photograph_has_its_counts_and_every_reason(make_result, make_cell):
    findings = (Finding("focus", "reject", "out of focus"), Finding("grain", "warn", "grainy"))
    result = make_result("a.jpg", make_cell("rbc"), quality=Quality(findings, {}))
    row = dict(zip(COLUMNS, counted_row(ENTRY, result), strict=True))
    assert (row["rbc"], row["quality"], row["quality_reason"]) == ("1", "reject", "out of focus; grainy")


def test_a_failed_photograph_has_no_zeros():
    row = failed_row(ENTRY, "broken")
    assert dict(zip(COLUMNS, row, strict=True)) == dict.fromkeys(COLUMNS, "") | {
        "image": "a.jpg",
        "error": "broken",
    }


def test_a_name_like_a_formula_is_made_harmless(make_result):
    entry = Entry("=1+1.jpg", "overlay/=1+1.png", "=1+1.jpg")
    assert counted_row(entry, make_result())[0] == failed_row(entry, "broken")[0] == "'=1+1.jpg"
