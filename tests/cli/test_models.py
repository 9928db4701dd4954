"""``hemolens models``."""

import pytest

from hemolens.cli import main
from hemolens.models.store import shipped_models


def run(*arguments):
    with pytest.raises(SystemExit) as left:
        main(["models", *arguments])
    return left.value.code


def test_every_model_has_a_line(capsys):
    assert run("list") == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["model", "counts", "kind", "described", "in", "terms"]
    assert [line.split()[0] for line in lines] == shipped_models()


def test_a_line_says_what_a_model_counts_and_how_and_whence(capsys):
    run("list")
    (line,) = (each for each in capsys.readouterr().out.splitlines() if each.startswith("pulse-coupled"))
    assert [word.strip() for word in line.split("  ") if word] == [
        "pulse-coupled",
        "red cells, white cells",
        "classical",
        "Kimbahune, Uke, IJEST 3(3), 2011",
        "Apache-2.0, as hemolens; nothing was trained.",
    ]
