"""Damaged files of every kind are read or refused: a small part of what benchmarks/fuzz.py reads."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hemolens.errors import HemolensError
from hemolens.labels import FORMATS, recognise

from .readers import READERS, read
from .seeds import WRITERS, write_seeds

FIRST = "1001000"
"""Far behind the cases that are recorded."""
FUZZ = Path(__file__).parents[2] / "benchmarks" / "fuzz.py"

pytest.importorskip("tiffslide", reason="needs tiffslide: pip install 'hemolens[slides]'")
pytest.importorskip("zarr", reason="needs zarr: pip install 'hemolens[export]'")


@pytest.fixture(scope="module", params=WRITERS)
def seeds(request, tmp_path_factory):
    return request.param, write_seeds(request.param, tmp_path_factory.mktemp("seeds") / request.param)


def refuses(kind, path):
    try:
        read(kind, path)
    except HemolensError:
        return True
    return False


def test_what_is_damaged_was_sound(seeds):
    kind, paths = seeds
    assert [path.name for path in paths if refuses(kind, path)] == (["palette.gif"] if kind == "images" else [])


def test_labels_of_every_format_are_damaged(tmp_path):
    paths = write_seeds("labels", tmp_path / "labels")
    formats = {recognise(path)[0].name for path in paths if path.name not in READERS}
    assert formats == {each.name for each in FORMATS}


@pytest.mark.posix("limits of a process")
@pytest.mark.parametrize(("kind", "n_cases"), [("images", 300), ("labels", 150), ("slides", 50)])
def test_damage_is_read_or_refused_and_nothing_else(kind, n_cases, tmp_path):
    out = tmp_path / "fuzz.json"
    subprocess.run([sys.executable, FUZZ, f"--{kind}", str(n_cases), "--first", FIRST, "--out", out], check=True)
    (record,) = json.loads(out.read_text("utf-8")).values()
    assert record["broke"] == {}, record["faults"]
    assert record["cases"] == n_cases == record["read"] + record["refused"]
    assert min(record["read"], record["refused"]) > n_cases / 20
