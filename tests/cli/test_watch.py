"""A folder is watched: the clock is the test's, and each second something happens."""

import csv
import signal
from dataclasses import replace

import pytest

from hemolens.batch import photograph_task
from hemolens.cli import count as count_command
from hemolens.cli import main


@pytest.fixture
def counted(stub_pipeline, monkeypatch):
    """Names of the photographs that were counted."""
    names, stub = [], photograph_task.count_image

    def count_image(photograph, options, *_):
        names.append(photograph.name)
        return replace(stub(photograph, options), image=photograph)

    monkeypatch.setattr(photograph_task, "count_image", count_image)
    return names


@pytest.fixture
def watch(monkeypatch, tmp_path):
    """Watch the folder while one thing after the other happens, then end it; gives the exit status."""

    def run(*happenings, options=()):
        coming = iter(happenings)

        def sleep(_):
            happens = next(coming, None)
            if happens is None:
                raise KeyboardInterrupt
            happens()

        monkeypatch.setattr("hemolens.batch.watched.SETTLED_S", 0.0)
        monkeypatch.setattr(count_command.time, "sleep", sleep)
        with pytest.raises(SystemExit) as left:
            main(["count", str(tmp_path / "in"), "--watch", "--out", str(tmp_path / "out"), *options])
        return left.value.code or 0

    (tmp_path / "in").mkdir()
    return run


def rows(tmp_path):
    with (tmp_path / "out" / "counts.csv").open(encoding="utf-8", newline="") as file:
        return [(row["image"], row["rbc"]) for row in csv.DictReader(file)]


def test_what_comes_is_counted_once_and_shown_at_once(watch, counted, write_photograph, tmp_path):
    seen = []
    status = watch(
        lambda: write_photograph("in/b.png", 3),
        lambda: seen.append(rows(tmp_path)),
        lambda: write_photograph("in/a.png", 2),
        lambda: seen.append(rows(tmp_path)),
    )
    assert status == 0
    assert seen == [[("b.png", "3")], [("a.png", "2"), ("b.png", "3")]]
    assert counted == ["b.png", "a.png"]
    assert not (tmp_path / "out-2").exists()


def test_watching_again_goes_on(watch, counted, write_photograph, tmp_path):
    write_photograph("in/a.png", 2)
    assert watch() == 0
    assert watch(lambda: write_photograph("in/b.png", 3), lambda: None) == 0
    assert counted == ["a.png", "b.png"]
    assert rows(tmp_path) == [("a.png", "2"), ("b.png", "3")]


def test_nothing_came(watch, tmp_path, capsys):
    assert watch() == 130
    assert capsys.readouterr().err == "hemolens: interrupted, nothing was written\n"
    assert not (tmp_path / "out").exists()


@pytest.mark.posix("signals")
def test_sigterm_ends_it_with_what_was_counted(watch, counted, write_photograph, tmp_path):
    write_photograph("in/a.png", 2)
    assert watch(lambda: signal.raise_signal(signal.SIGTERM)) == 0
    assert rows(tmp_path) == [("a.png", "2")]


def test_a_warning_is_said_once(watch, counted, stub_pipeline, write_photograph, tmp_path, capsys):
    stub_pipeline[9] = ZeroDivisionError
    write_photograph("in/a.png", 9)
    assert watch(lambda: write_photograph("in/b.png", 3), lambda: None) == 1
    assert capsys.readouterr().err.count("'a.png' hit a bug") == 1


@pytest.mark.parametrize("option", [("--report",), ("--shard", "1/2")])
def test_what_needs_the_whole_list_is_refused(watch, write_photograph, capsys, option):
    write_photograph("in/a.png", 2)
    assert watch(options=option) == 2
    assert "what comes into a folder is not known beforehand" in capsys.readouterr().err
