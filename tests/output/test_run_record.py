import os
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

import hemolens
from hemolens.counted_image import CellOrigin, Review
from hemolens.measurements.colours import MeasuredColours, StandardColours
from hemolens.measurements.quality import Finding, Quality
from hemolens.measurements.scale import RedCellDiameter
from hemolens.options import CountOptions
from hemolens.output.entries import Entry
from hemolens.output.run_record import NAME, PhotographRecord, RunRecord, read_run

STARTED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ENTRY = Entry("a.jpg", "overlay/a.png", "my photos/a.jpg")


def begin(command=None, **options):
    return RunRecord.begin(STARTED, command=command, options=CountOptions(**options), output={"export": []})


def counted(*arguments, **options):
    return PhotographRecord.counted(*arguments, **options).model_dump()


def test_the_record_says_what_is_needed_to_run_again():
    record = begin({"name": "count", "paths": ["my photos/"], "counter": "auto"}, region="1,2,30,40")
    assert record.hemolens == hemolens.__version__
    assert record.started == "2026-01-02T03:04:05+00:00"
    assert record.command == {"name": "count", "paths": ["my photos/"], "counter": "auto"}
    assert record.options["region"] == [[[[1, 2], [30, 2], [30, 40], [1, 40]]]]
    assert {method.model for method in record.methods.values()} == {"one-pass"}
    assert all(record.libraries.values())


def test_the_options_of_a_record_count_again():
    record = begin(diameter_px=80, region="1,2,30,40")
    again = CountOptions(**record.options)
    assert again.model_dump() == CountOptions(diameter_px=80, region="1,2,30,40").model_dump()


def test_a_record_reads_back_as_it_was_written(make_result, tmp_path):
    record = begin()
    record.photographs += [PhotographRecord.counted(ENTRY, make_result("a.jpg")), PhotographRecord.failed(ENTRY, "x")]
    (tmp_path / NAME).write_bytes(record.bytes())
    assert read_run(tmp_path) == record


def test_a_review_is_told_with_the_signature(make_result, make_cell):
    result = make_result("a.jpg", make_cell())
    assert counted(ENTRY, result)["review"] is None
    review = Review(1, 0, 2, ("Ada",), (CellOrigin("Ada", checked=True),), "Ben", STARTED, "clear")
    assert counted(ENTRY, replace(result, review=review))["review"] == {
        "n_added": 1, "n_removed": 0, "n_changed": 2, "n_checked": 1, "by": ["Ada"], "signed_by": "Ben",
        "signed_at": "2026-01-02T03:04:05+00:00", "comment": "clear",
    }  # fmt: skip


def test_a_run_is_not_complete_before_it_ends():
    assert begin().complete is False


def test_a_counted_photograph_has_its_path_as_given_and_its_hash(make_result):
    record = counted(ENTRY, make_result("a.jpg"))
    assert record["path"] == "my photos/a.jpg"
    assert record["sha256"] == "f" * 64
    assert (record["width"], record["height"]) == (60, 40)


def test_a_given_ruler_is_recorded_beside_what_the_photograph_says(make_result):
    given = RedCellDiameter(50.0, 1.0, "diameter_px", estimate=RedCellDiameter(80.0, 0.7))
    assert counted(ENTRY, make_result("a.jpg", diameter=given))["scale"] == {
        "red_cell_diameter_px": 50.0,
        "origin": "diameter_px",
        "estimate_px": 80.0,
        "estimate_confidence": 0.7,
        "warning": given.warning,
    }


def test_the_fallback_is_no_estimate(make_result):
    fallback = RedCellDiameter(80.0, 0.0, "fallback")
    assert counted(ENTRY, make_result("a.jpg", diameter=fallback))["scale"]["estimate_px"] is None


def test_the_quality_is_recorded_with_what_was_measured(make_result):
    quality = Quality((Finding("focus", "warn", "out of focus"),), {"edge_width": 0.08})
    assert counted(ENTRY, make_result("a.jpg", quality=quality))["quality"] == {
        "verdict": "warn",
        "reasons": ["out of focus"],
        "measures": {"edge_width": 0.08},
    }


def test_the_colours_are_recorded_with_the_factors_and_their_limits(make_result):
    measured = MeasuredColours(np.array([200.0, 190.0, 180.0]), np.array([0.12, 0.14, 0.01]))
    standard = StandardColours(background_level=220, red_cell_absorbance=(0.06, 0.14, 0.09))
    result = replace(make_result("a.jpg"), colours=measured)
    method = result.methods["rbc"]
    standardised = replace(method, card=method.card.model_copy(update={"colours": standard}))
    result = replace(result, methods={**result.methods, "rbc": standardised})
    assert counted(ENTRY, result)["colours"] == {
        "background": (200.0, 190.0, 180.0),
        "red_cell_absorbance": (0.12, 0.14, 0.01),
        "factors": {"rbc": (0.5, 1.0, 2.0)},
        "limits": (0.1, 3.0),
    }


def test_colours_that_could_not_be_measured_are_null(make_result):
    result = replace(make_result("a.jpg"), colours=MeasuredColours(np.full(3, 200.0), None))
    assert counted(ENTRY, result)["colours"]["red_cell_absorbance"] is None


def test_each_photograph_names_the_models_that_counted_it(make_result):
    assert counted(ENTRY, make_result("a.jpg"))["models"] == {"rbc": "a" * 64, "wbc": "b" * 64, "plt": "c" * 64}


def test_a_failed_photograph_has_its_reason():
    assert PhotographRecord.failed(ENTRY, "broken").error == "broken"


def test_no_machine_path_beyond_what_the_user_gave(make_result, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record = begin({"name": "count", "paths": ["my photos/"]})
    record.photographs.append(PhotographRecord.counted(ENTRY, make_result("a.jpg")))
    text = record.bytes().decode()
    assert str(tmp_path) not in text
    assert os.path.expanduser("~") not in text  # noqa: PTH111 - the very text that must not be there


def test_a_name_that_is_no_text_is_written_as_an_escape(make_result):
    path = "a\udcff.jpg"
    record = begin({"name": "count", "paths": [path]})
    record.photographs.append(PhotographRecord.failed(Entry("a", "overlay/a.png", path), "broken"))
    assert record.bytes().count(rb"a\\udcff.jpg") == 2


def test_the_rule_of_the_frame_is_recorded():
    assert begin().counting_frame.model_dump() == {"included": ("right", "lower"), "excluded": ("left", "upper")}
