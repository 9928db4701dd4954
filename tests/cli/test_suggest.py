"""``hemolens suggest``."""

from pathlib import Path

import pytest

from hemolens.batch import suggestions
from hemolens.batch.suggestions import Suggestion
from hemolens.cli import main


def run(*arguments):
    with pytest.raises(SystemExit) as left:
        main(["suggest", *map(str, arguments)])
    return left.value.code


@pytest.fixture
def made(monkeypatch):
    """Three suggestions, and a file that could not be read."""
    three = [Suggestion(Path(f"{name}.png"), f"reason {name}") for name in "abc"]
    monkeypatch.setattr(suggestions, "suggest", lambda *_: (three, ["'d.png' is damaged"]))


def test_each_photograph_has_a_line_with_its_reason(made, capsys):
    assert run("photos") == 0
    said = capsys.readouterr()
    assert said.out.splitlines() == ["1. a.png: reason a", "2. b.png: reason b", "3. c.png: reason c"]
    assert "'d.png' is damaged" in said.err


def test_no_more_than_asked_for(made, capsys):
    assert run("photos", "--most", 2) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_folder_without_photographs_is_an_error(tmp_path, capsys):
    assert run(tmp_path) == 1
    assert "no photograph" in capsys.readouterr().err
