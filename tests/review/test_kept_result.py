"""A counted image, kept and read again, is the same to whatever is made of it."""

import io
import json
import math
import zipfile
import zlib
from dataclasses import fields, replace
from datetime import UTC, datetime

import numpy as np
import pytest

from hemolens.counted_image import CellOrigin, CountedImage, Review
from hemolens.errors import ReviewError
from hemolens.images.photograph import photograph_from_array
from hemolens.images.region import limited, rectangle
from hemolens.measurements.field_of_view import FieldOfView
from hemolens.measurements.quality import Finding, Quality
from hemolens.models.method import choose_methods
from hemolens.models.store import read_card
from hemolens.options import CountOptions
from hemolens.output.export.registry import FORMATS
from hemolens.review.kept_result import read_result, result_bytes

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def full(counted):
    """A result with everything that a result may have."""
    field = FieldOfView(rectangle(5, 5, 390, 290), (counted.cells[0].box,), 0.9)
    region = limited(rectangle(1.25, 2, 395, 295), field.region)
    return replace(
        counted,
        options=CountOptions(region=(1.25, 2, 395, 295), diameter_px=50),
        field_of_view=field,
        region=region,
        quality=Quality((Finding("grain", "warn", "grainy"),), {"grain": 0.1 + 0.2, "nothing": math.nan}),
        review=Review(
            1, 0, 2, ("Ada",), (CellOrigin("Ada", checked=True),) * len(counted.cells), "Ben", NOW, "clear\nand well"
        ),
    )


@pytest.fixture(scope="module")
def again(full):
    return read_result(result_bytes(full), full.image)


def as_values(value):
    """What can be compared: arrays as lists, what has fields field by field."""
    if isinstance(value, np.ndarray):
        return (str(value.dtype), value.tolist())
    if hasattr(value, "__dataclass_fields__"):
        return (type(value), {each.name: as_values(getattr(value, each.name)) for each in fields(value)})
    if isinstance(value, dict):
        return {key: as_values(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return (type(value), [as_values(each) for each in value])
    return repr(value) if isinstance(value, float) else value


NAMES = [each.name for each in fields(CountedImage) if each.name not in {"image", "options"}]


@pytest.mark.parametrize("name", NAMES)
def test_every_field_comes_back(full, again, name):
    assert as_values(getattr(again, name)) == as_values(getattr(full, name))


def test_the_options_come_back(full, again):
    assert again.options.model_dump() == full.options.model_dump()
    assert again.options.methods == full.options.methods


def test_the_cards_are_those_of_then(full, monkeypatch):
    data = result_bytes(full)
    other = read_card("one-pass").model_copy(update={"terms": "another", "sha256": "0" * 64})
    for place in ("hemolens.models.store.read_card", "hemolens.models.method.read_card"):
        monkeypatch.setattr(place, lambda _: other)
    read = read_result(data, full.image)
    assert read.methods["rbc"].card == full.methods["rbc"].card
    assert read.options.methods["rbc"].card.sha256 == full.methods["rbc"].card.sha256


def test_what_was_counted_with_a_model_that_is_gone_can_be_read(full):
    gone = replace(full, options=full.options.model_copy(update={"models": ("gone.onnx",)}))
    assert read_result(result_bytes(gone), full.image).options.models == ("gone.onnx",)


@pytest.mark.parametrize("is_full", [False, True], ids=["as counted", "with everything"])
def test_all_files_are_the_same_but_for_times(counted, full, is_full, tmp_path, monkeypatch):
    for needed in ("reportlab", "pyarrow", "openpyxl", "zarr"):
        pytest.importorskip(needed)
    monkeypatch.setattr("reportlab.rl_config.invariant", 1)
    monkeypatch.setattr("hemolens.output.run_files.datetime", FixedTime)
    result = full if is_full else counted
    written = files_of(result, tmp_path / "first")
    assert {"counts.csv", "cells.csv", "run.json", "report.pdf", "report.html"} < written.keys()
    assert files_of(read_result(result_bytes(result), result.image), tmp_path / "second") == written


class FixedTime(datetime):
    @classmethod
    def now(cls, tz=None):
        return NOW


def files_of(result, folder):
    result.save(folder, export=list(FORMATS), report=True)
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): content_of(path) for path in paths}


def content_of(path):
    content = path.read_bytes()
    if path.name == "run.json":
        return json.loads(content) | {"seconds": None}
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            return {name: book.read(name) for name in book.namelist() if name != "docProps/core.xml"}
    return content


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: b"x" + data,
        lambda data: zlib.compress(b"{}"),
        lambda data: zlib.compress(b"[1, 2"),
        lambda data: zlib.compress(zlib.decompress(data).replace(b'"version":1', b'"version":2')),
        lambda data: zlib.compress(zlib.decompress(data).replace(b'"card":"', b'"card":"x')),
        lambda data: zlib.compress(zlib.decompress(data).replace(b'"counter":"', b'"counter":"x')),
        lambda data: zlib.compress(zlib.decompress(data).replace(b'"region":', b'"other":')),
    ],
)
def test_what_is_damaged_is_refused_in_words(counted, damage):
    with pytest.raises(ReviewError, match="a kept result cannot be read"):
        read_result(damage(result_bytes(counted)), counted.image)


def test_a_result_of_another_image_is_refused(counted):
    other = photograph_from_array(np.zeros((300, 400, 3), np.uint8), "other.png")
    with pytest.raises(ReviewError, match="is of another image"):
        read_result(result_bytes(counted), other)


def test_the_same_result_gives_the_same_bytes(counted):
    assert result_bytes(counted) == result_bytes(counted)


def test_two_models_without_weights_keep_their_own_cards(counted):
    methods = dict(counted.methods) | {
        kind: choose_methods("auto", (model,))[kind]
        for kind, model in (("rbc", "pulse-coupled"), ("wbc", "grabcut-white-cells"))
    }
    again = read_result(result_bytes(replace(counted, methods=methods)), counted.image)
    assert {kind: method.card for kind, method in again.methods.items()} == {
        kind: method.card for kind, method in methods.items()
    }
