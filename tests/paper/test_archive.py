"""The paper's weights in one file."""

import hashlib
import zipfile

import pytest

from hemolens.errors import ModelError, UsageError
from hemolens.models.card import card_text
from hemolens.models.store import read_card
from hemolens.paper.archive import open_weights, pack_weights
from hemolens.paper.systems import read_systems
from hemolens.paper.weights import Weights

CONFIGS = {config.name: config for system in read_systems() for config in system.members()}
ONE = "wbc-unet-honest"


def write_folder(folder):
    """A folder of models whose weights are nothing but their names."""
    for name in CONFIGS:
        content = name.encode()
        card = read_card("wbc-unet").model_copy(update={"name": name, "sha256": hashlib.sha256(content).hexdigest()})
        (folder / f"{name}.onnx").write_bytes(content)
        (folder / f"{name}.toml").write_text(card_text(card), encoding="utf-8")
    return Weights(folder)


@pytest.fixture
def packed(tmp_path):
    """An archive beside its cards."""
    weights = write_folder(tmp_path)
    pack_weights(weights, tmp_path / "paper-weights.zip")
    for path in tmp_path.glob("*.onnx"):
        path.unlink()
    return tmp_path / "paper-weights.zip"


def repack(path, **changes):
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (content | changes).items():
            archive.writestr(name, data)


def test_a_folder_is_taken_as_it_is(tmp_path):
    with open_weights(tmp_path / "new") as weights:
        assert weights == Weights(tmp_path / "new")


def test_an_archive_holds_the_model_of_every_system(packed):
    with open_weights(packed) as weights:
        assert all(weights.has(config) for config in CONFIGS.values())


def test_what_was_packed_comes_out_with_its_card(packed):
    with open_weights(packed) as weights:
        assert weights.card(CONFIGS[ONE]) == read_card(str(packed.with_name(f"{ONE}.toml")))
        assert (weights.folder / f"{ONE}.onnx").read_bytes() == ONE.encode()


def test_what_was_unpacked_goes(packed):
    with open_weights(packed) as weights:
        folder = weights.folder
    assert not folder.exists()


def test_the_same_models_give_the_same_archive(tmp_path):
    weights = write_folder(tmp_path)
    for name in "ab":
        pack_weights(weights, tmp_path / f"{name}.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_a_missing_model_is_not_left_out_of_an_archive(tmp_path):
    weights = write_folder(tmp_path)
    (tmp_path / f"{ONE}.onnx").unlink()
    with pytest.raises(ModelError, match=rf"model cannot be read: got '.*{ONE}"):
        pack_weights(weights, tmp_path / "paper-weights.zip")
    assert not (tmp_path / "paper-weights.zip").exists()


def refusal(path, kind=ModelError):
    with pytest.raises(kind) as refused, open_weights(path):
        pass
    return str(refused.value)


def test_a_missing_archive_is_refused(tmp_path):
    assert "there is no such archive of weights: got '" in refusal(tmp_path / "a.zip", UsageError)


def test_a_file_that_is_no_archive_is_refused(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"no archive")
    assert "a.zip' is not an archive of the paper's weights: got File is not a zip file" in refusal(tmp_path / "a.zip")


def test_a_damaged_archive_is_refused(packed):
    data = bytearray(packed.read_bytes())
    data[60] ^= 1
    packed.write_bytes(data)
    assert "is not an archive of the paper's weights: got" in refusal(packed)


def test_other_weights_than_those_of_the_card_are_refused(packed):
    repack(packed, **{f"{ONE}.onnx": b"others"})
    assert f"got {ONE}.onnx with sha256 " in refusal(packed)


@pytest.mark.parametrize("name", ["notes.txt", "../wbc-segnet.onnx", "folder/wbc-segnet.onnx", "one-pass.onnx"])
def test_anything_else_in_an_archive_is_refused(packed, name):
    repack(packed, **{name: b""})
    assert f"got a file '{name}'; allowed: the weights that the cards beside it describe" in refusal(packed)


def test_an_archive_without_its_cards_beside_it_is_refused(packed):
    packed.with_name(f"{ONE}.toml").unlink()
    assert f"model cannot be read: got '{packed.with_name(ONE)}.toml' (No such file or directory)" in refusal(packed)
