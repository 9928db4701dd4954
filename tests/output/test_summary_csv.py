import csv
import io

from hemolens.output.summary_csv import summary_bytes
from hemolens.statistics.counts import Counts, FrameCounts
from hemolens.statistics.site import SiteFactor
from hemolens.statistics.summary import CountedField, summarise


def rows(summary):
    return list(csv.DictReader(io.StringIO(summary_bytes(summary).decode())))


def test_the_columns_that_other_tools_rely_on():
    expected = (
        "type,fields,total,frame_total,frame_per_field,expected,expected_low,expected_high,interval_includes,per_mm2,"
        "per_1000_rbc,per_ul,per_ul_low,per_ul_high,rejected_fields"
    )
    assert summary_bytes(summarise([])).decode().splitlines()[0] == expected


def test_a_row_for_each_type():
    counts = Counts(rbc=200, wbc=1, plt=8)
    field = CountedField(counts, FrameCounts(counts, 1_000_000), 0.1, False, {}, "accept")
    rbc, wbc, plt = rows(summarise([field, field], {"plt": SiteFactor(factor=15000)}))
    assert [row["type"] for row in (rbc, wbc, plt)] == ["rbc", "wbc", "plt"]
    assert (rbc["fields"], rbc["total"], rbc["frame_per_field"]) == ("2", "400", "200.00")
    assert (rbc["per_mm2"], rbc["per_1000_rbc"], rbc["per_ul"]) == ("20000.0", "", "")
    assert (plt["per_1000_rbc"], plt["per_ul"]) == ("40.00", "120000")
    assert wbc["interval_includes"] == "sampling only"


def test_nothing_counted_leaves_fields_empty():
    row = rows(summarise([]))[0]
    assert (row["fields"], row["expected"], row["interval_includes"], row["per_mm2"]) == ("0", "", "", "")


def test_rejected_fields_are_told():
    counts = Counts(rbc=200, wbc=1, plt=8)
    field = CountedField(counts, FrameCounts(counts, 1_000_000), 0.1, False, {}, "reject")
    row = rows(summarise([field]))[0]
    assert (row["fields"], row["rejected_fields"], row["frame_total"], row["expected"]) == ("0", "1", "0", "")
