import io
import json
import subprocess
import sys
import zipfile
from importlib.util import find_spec

import numpy as np
import onnxruntime
import pytest

from hemolens.errors import ModelError
from hemolens.models.store import DEFAULT_MODEL, read_model
from hemolens.segmentation.model_package import DESCRIPTION, package_bytes, read_package


@pytest.fixture(scope="module")
def packed():
    return package_bytes(read_model(DEFAULT_MODEL))


@pytest.fixture
def package(packed, tmp_path):
    (tmp_path / "a.zip").write_bytes(packed)
    return tmp_path / "a.zip"


def members(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewrite(package, change):
    """Pack the files of a package anew, after a change."""
    contents = members(package.read_bytes())
    change(contents)
    with zipfile.ZipFile(package, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)


def test_a_package_comes_back_as_the_model_that_went_in(package):
    file, same = read_model(DEFAULT_MODEL), read_package(package)
    assert (same.card, same.onnx) == (file.card, file.onnx)


def test_the_same_model_gives_the_same_package(packed):
    assert package_bytes(read_model(DEFAULT_MODEL)) == packed


VALIDATE = """
import sys
from bioimageio.spec import ValidationContext, load_description
with ValidationContext(perform_io_checks=True):
    summary = load_description(sys.argv[1]).validation_summary
print(summary.status, [error.msg for each in summary.details for error in each.errors])
"""


@pytest.mark.skipif(find_spec("bioimageio") is None, reason="needs bioimageio.spec")
def test_the_public_validator_accepts_it(package):
    """In a process of its own: the validator leaves the file open."""
    command = [sys.executable, "-c", VALIDATE, str(package)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "valid-format []", done.stdout + done.stderr


def test_it_runs_outside_hemolens_and_gives_the_maps_that_it_says(packed):
    contents = members(packed)
    described = json.loads(contents[DESCRIPTION])
    (pixels,) = (np.load(io.BytesIO(contents[each["test_tensor"]["source"]])) for each in described["inputs"])
    session = onnxruntime.InferenceSession(contents[described["weights"]["onnx"]["source"]])
    maps = session.run(None, {session.get_inputs()[0].name: pixels})
    for each, own in zip(described["outputs"], maps, strict=True):
        assert np.array_equal(own, np.load(io.BytesIO(contents[each["test_tensor"]["source"]])))


@pytest.mark.parametrize("name", ["one-pass.onnx", "one-pass.toml", "README.md"])
def test_an_altered_file_is_refused(package, name):
    rewrite(package, lambda contents: contents.update({name: contents[name] + b"\n"}))
    with pytest.raises(ModelError, match=rf"a file in the package of a model was altered: got '{name}'"):
        read_package(package)


def test_weights_of_another_model_are_refused_though_the_description_fits_them(package):
    def change(contents):
        described = json.loads(contents[DESCRIPTION])
        described["weights"]["onnx"] |= {key: described["documentation"][key] for key in ("source", "sha256")}
        contents[DESCRIPTION] = json.dumps(described).encode()

    rewrite(package, change)
    with pytest.raises(ModelError, match="weights and card in the package of a model do not belong together"):
        read_package(package)


@pytest.mark.parametrize("missing", [DESCRIPTION, "one-pass.onnx", "one-pass.toml"])
def test_a_package_that_lacks_a_file_is_refused(package, missing):
    rewrite(package, lambda contents: contents.pop(missing))
    with pytest.raises(ModelError, match="package of a model cannot be read"):
        read_package(package)


@pytest.mark.parametrize("content", [b"", b"no package", b"PK\x03\x04"])
def test_what_is_no_package_is_refused(tmp_path, content):
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(ModelError, match=r"cannot be read: got '.*a\.zip' \(BadZipFile\)"):
        read_package(tmp_path / "a.zip")


@pytest.mark.parametrize("described", [b"{}", b"[]", b"nonsense", b'{"weights": {"onnx": 3}, "attachments": []}'])
def test_a_description_of_something_else_is_refused(package, described):
    rewrite(package, lambda contents: contents.update({DESCRIPTION: described}))
    with pytest.raises(ModelError, match="package of a model cannot be read"):
        read_package(package)
