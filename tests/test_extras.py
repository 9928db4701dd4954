"""Packages that only some commands need."""

import importlib.util
import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from hemolens.cli import main
from hemolens.extras import NEEDED

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def distributions_of(extra):
    for requirement in EXTRAS[extra]:
        name, within = re.match(r"([\w-]+)(?:\[([\w-]+)\])?", requirement).groups()
        yield from distributions_of(within) if within else [name]


@pytest.mark.parametrize("extra", NEEDED)
def test_what_a_command_looks_for_is_what_its_extra_installs(extra):
    of_module = packages_distributions()
    found = {name: of_module.get(name, [name])[0].lower() for name in NEEDED[extra]}
    assert sorted(found.values()) == sorted(distributions_of(extra))


@pytest.mark.parametrize(
    ("missing", "command"),
    [
        ("scipy", ["evaluate", "labels.csv", "--images", "."]),
        ("scipy", ["validate", "counts.csv", "ours.csv"]),
        ("scipy", ["reproduce", "--data", ".", "--weights", "."]),
        ("onnx", ["reproduce", "--data", ".", "--weights", ".", "--train"]),
        ("torch", ["train", "rbc", "--data", "."]),
    ],
)
def test_a_command_without_its_packages_says_what_to_install(missing, command, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    spec_of = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == missing else spec_of(name))
    with pytest.raises(SystemExit) as left:
        main([*command, "--out", "out"])
    extra = "train" if missing in {"onnx", "torch"} else "evaluate"
    assert left.value.code == 2
    assert re.search(rf"got no {missing}.*; run: pip install 'hemolens\[{extra}\]'", capsys.readouterr().err)
    assert list(tmp_path.iterdir()) == []
