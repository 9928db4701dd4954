"""The report among the files of a run: it comes with them, and never costs them."""

import json

import pytest

from hemolens.errors import OutputError, UsageError
from hemolens.options import CountOptions
from hemolens.output.entries import name_entries
from hemolens.output.options import OutputOptions
from hemolens.output.report.run_report import RunReport
from hemolens.output.run_files import RunFiles

REPORT = {"report.html", "report.pdf"}


def names(folder):
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def write_run(folder, *results, report=True):
    entries = name_entries([result.image.name for result in results])
    with RunFiles(folder, entries, CountOptions(), OutputOptions(report=report), overwrite=True) as files:
        for entry, result in zip(entries, results, strict=True):
            files.add(entry, result)


def test_a_report_comes_on_request_only(tmp_path, make_result):
    write_run(tmp_path / "with", make_result())
    write_run(tmp_path / "without", make_result(), report=False)
    assert names(tmp_path / "with") - names(tmp_path / "without") == REPORT
    assert json.loads((tmp_path / "with" / "run.json").read_text("utf-8"))["report"] == sorted(REPORT)


def test_the_tables_are_the_same_with_it(tmp_path, drawn):
    write_run(tmp_path / "with", drawn)
    write_run(tmp_path / "without", drawn, report=False)
    for name in ("counts.csv", "cells.csv", "summary.csv", "overlay/a.png"):
        assert (tmp_path / "with" / name).read_bytes() == (tmp_path / "without" / name).read_bytes()


def test_the_report_of_an_earlier_run_does_not_stay(tmp_path, make_result):
    write_run(tmp_path, make_result())
    write_run(tmp_path, make_result(), report=False)
    assert not REPORT & names(tmp_path)


def test_a_file_of_the_user_with_that_name_stays(tmp_path, make_result):
    write_run(tmp_path, make_result(), report=False)
    (tmp_path / "report.pdf").write_bytes(b"mine")
    write_run(tmp_path, make_result(), report=False)
    assert (tmp_path / "report.pdf").read_bytes() == b"mine"


def test_a_run_that_breaks_leaves_no_report(tmp_path, make_result):
    entries = name_entries(["a.jpg"])

    def broken_run():
        with RunFiles(tmp_path / "out", entries, CountOptions(), OutputOptions(report=True)) as files:
            files.add(entries[0], make_result("a.jpg"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken_run()
    assert list(tmp_path.iterdir()) == []


def test_a_report_that_cannot_be_made_does_not_cost_the_counts(tmp_path, make_result, monkeypatch):
    monkeypatch.setattr(RunReport, "contents", lambda *_: 1 / 0)
    with pytest.raises(OutputError, match=r"prevented the report.*ZeroDivisionError.*everything else is in"):
        write_run(tmp_path, make_result())
    assert {"counts.csv", "run.json"} <= names(tmp_path)
    assert not REPORT & names(tmp_path)
    assert json.loads((tmp_path / "run.json").read_text("utf-8"))["report"] == []


def test_stopping_while_the_report_is_made_costs_the_report_alone(tmp_path, make_result, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(RunReport, "contents", stop)
    with pytest.raises(KeyboardInterrupt):
        write_run(tmp_path, make_result())
    assert {"counts.csv", "run.json"} <= names(tmp_path)
    assert not REPORT & names(tmp_path)


def test_a_run_cut_short_has_a_report_that_says_so(tmp_path, make_result):
    entries = name_entries(["a.jpg", "b.jpg"])
    with RunFiles(tmp_path, entries, CountOptions(), OutputOptions(report=True)) as files:
        files.add(entries[0], make_result("a.jpg"))
        files.cut_short("the user stopped")
    assert "<strong>not counted</strong>: the user stopped" in (tmp_path / "report.html").read_text("utf-8")


def test_a_folder_in_the_place_of_the_report_is_refused(tmp_path):
    (tmp_path / "report.pdf").mkdir()
    with pytest.raises(UsageError, match=r"is taken by something else.*report\.pdf"):
        RunFiles(tmp_path, name_entries(["a.jpg"]), CountOptions(), OutputOptions(report=True))


def test_result_save_writes_it_too(tmp_path, drawn):
    drawn.save(tmp_path, report=True)
    assert names(tmp_path) >= REPORT
