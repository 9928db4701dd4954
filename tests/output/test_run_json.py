import json
import os
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

import hemolens
from hemolens.measurements.colours import MeasuredColours, StandardColours
from hemolens.measurements.quality import Finding, Quality
from hemolens.measurements.scale import RedCellDiameter
from hemolens.output.entries import Entry
from hemolens.output.run_json import counted_record, earlier_files, failed_record, run_bytes, run_record

STARTED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ENTRY = Entry("a.jpg", "overlay/a.png", "my photos/a.jpg")


def test_the_record_says_what_is_needed_to_run_again():
    record = run_record({"name": "count", "paths": ["my photos/"], "counter": "auto"}, STARTED)
    assert record["hemolens"] == hemolens.__version__
    assert record["started"] == "2026-01-02T03:04:05+00:00"
    assert record["command"] == {"name": "count", "paths": ["my photos/"], "counter": "auto"}
    assert all(record["libraries"].values())


def test_a_run_is_not_complete_before_it_ends():
    assert run_record(None, STARTED)["complete"] is False


def test_a_counted_photograph_has_its_path_as_given_and_its_hash(make_result):
    record = counted_record(ENTRY, make_result("a.jpg"))
    assert record["path"] == "my photos/a.jpg"
    assert record["sha256"] == "f" * 64
    assert (record["width"], record["height"]) == (60, 40)


def test_a_given_ruler_is_recorded_beside_what_the_photograph_says(make_result):
    given = RedCellDiameter(50.0, 1.0, "diameter_px", estimate=RedCellDiameter(80.0, 0.7))
    assert counted_record(ENTRY, make_result("a.jpg", diameter=given))["scale"] == {
        "red_cell_diameter_px": 50.0,
        "origin": "diameter_px",
        "estimate_px": 80.0,
        "estimate_confidence": 0.7,
        "warning": given.warning,
    }


def test_the_fallback_is_no_estimate(make_result):
    fallback = RedCellDiameter(80.0, 0.0, "fallback")
    assert counted_record(ENTRY, make_result("a.jpg", diameter=fallback))["scale"]["estimate_px"] is None


def test_the_quality_is_recorded_with_what_was_measured(make_result):
    quality = Quality((Finding("focus", "warn", "out of focus"),), {"edge_width": 0.08})
    assert counted_record(ENTRY, make_result("a.jpg", quality=quality))["quality"] == {
        "verdict": "warn",
        "reasons": ["out of focus"],
        "measures": {"edge_width": 0.08},
    }


def test_the_colours_are_recorded_with_the_factors_and_their_limits(make_result):
    measured = MeasuredColours(np.array([200.0, 190.0, 180.0]), np.array([0.12, 0.14, 0.01]))
    standard = StandardColours(background_level=220, red_cell_absorbance=(0.06, 0.14, 0.09))
    result = replace(make_result("a.jpg"), colours=measured, standards={"rbc": standard})
    assert counted_record(ENTRY, result)["colours"] == {
        "background": [200.0, 190.0, 180.0],
        "red_cell_absorbance": [0.12, 0.14, 0.01],
        "factors": {"rbc": [0.5, 1.0, 2.0]},
        "limits": [0.1, 3.0],
    }


def test_colours_that_could_not_be_measured_are_null(make_result):
    result = replace(make_result("a.jpg"), colours=MeasuredColours(np.full(3, 200.0), None))
    assert counted_record(ENTRY, result)["colours"]["red_cell_absorbance"] is None
    assert counted_record(ENTRY, make_result("a.jpg"))["colours"] is None


def test_a_failed_photograph_has_its_reason():
    assert failed_record(ENTRY, "broken")["error"] == "broken"


def test_no_machine_path_beyond_what_the_user_gave(make_result, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record = run_record({"name": "count", "paths": ["my photos/"]}, STARTED)
    record["photographs"].append(counted_record(ENTRY, make_result("a.jpg")))
    text = run_bytes(record).decode()
    assert str(tmp_path) not in text
    assert os.path.expanduser("~") not in text  # noqa: PTH111 - the very text that must not be there


def test_a_name_that_is_no_text_is_written_as_an_escape():
    path = "a\udcff.jpg"
    assert b"a\\udcff.jpg" in run_bytes({"path": path})


def test_json_of_a_name_that_is_no_text_can_be_read():
    assert json.loads(run_bytes({"path": "a\udcff.jpg"}))["path"] == "a\udcff.jpg"


def test_earlier_files_are_those_that_the_run_names(tmp_path):
    photographs = [{"overlay": "overlay/a.png"}, {"error": "broken"}, {"overlay": None}]
    (tmp_path / "run.json").write_text(json.dumps({"photographs": photographs}))
    assert earlier_files(tmp_path) == [tmp_path / "overlay" / "a.png"]


def test_a_forged_record_names_nothing_outside(tmp_path):
    names = [
        "../a.png",
        "overlay/../a.png",
        "overlay/sub/a.png",
        "/etc/a.png",
        "overlay/..",
        "a.png",
        "overlay/a.txt",
        7,
    ]
    (tmp_path / "run.json").write_text(json.dumps({"photographs": [{"overlay": name} for name in names]}))
    assert earlier_files(tmp_path) == []


def test_a_record_of_something_else_is_no_error(tmp_path):
    for text in ("", "[]", "{}", '{"photographs": 1}', '{"photographs": [1]}', "\xff"):
        (tmp_path / "run.json").write_text(text, "latin-1")
        assert earlier_files(tmp_path) == []


def test_the_rule_of_the_frame_is_recorded():
    assert run_record(None, STARTED)["counting_frame"] == {"in": ["right", "lower"], "out": ["left", "upper"]}
