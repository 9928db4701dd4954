import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hemolens.errors import ModelError
from hemolens.models.card import card_text
from hemolens.models.method import choose_methods, left_to_default
from hemolens.models.store import DEFAULT_MODEL, default_model, read_card, read_model
from hemolens.models.user_models import (
    find_user_model,
    is_model_name,
    keep_user_model,
    models_folder,
    set_user_default,
    user_models,
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMOLENS_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def keep(name="my-lab", **changes):
    file = read_model(DEFAULT_MODEL)
    card = file.card.model_copy(update={"name": name, **changes})
    return keep_user_model(name, file.onnx, card_text(card).encode())


def test_without_a_model_there_is_none(folder):
    assert user_models() == []
    assert find_user_model("my-lab") is None
    assert not folder.exists()


def test_a_kept_model_is_read_by_its_name():
    keep()
    assert read_model("my-lab").card.name == "my-lab"
    assert read_model("my-lab").onnx == read_model(DEFAULT_MODEL).onnx


def test_another_model_of_a_name_is_its_next_version_and_the_old_one_stays():
    keep(terms="first")
    keep(terms="second")
    assert user_models() == ["my-lab@1", "my-lab@2"]
    assert read_card("my-lab").terms == read_card("my-lab@2").terms == "second"
    assert read_card("my-lab@1").terms == "first"


def test_the_same_model_again_is_no_new_version():
    assert keep().full_name == keep().full_name == "my-lab@1"
    assert user_models() == ["my-lab@1"]


def test_versions_are_in_the_order_of_their_numbers():
    for n in range(11):
        keep(terms=str(n))
    assert find_user_model("my-lab").version == 11


@pytest.mark.parametrize("suffix", [".onnx", ".toml"])
def test_an_altered_file_is_refused(suffix):
    file = keep().folder / f"my-lab{suffix}"
    file.write_bytes(file.read_bytes() + b"\n")
    with pytest.raises(ModelError, match=rf"a file of a model was altered: got 'my-lab\{suffix}' with sha256"):
        read_model("my-lab")


def test_a_file_that_is_gone_is_named():
    keep().weights.unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        read_model("my-lab")


@pytest.mark.posix("sha256sum")
def test_the_sums_are_those_of_sha256sum():
    kept = keep()
    done = subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=kept.folder, capture_output=True, check=False)
    assert done.returncode == 0


def test_a_version_that_was_never_finished_is_none():
    keep()
    (models_folder() / "my-lab" / "2").mkdir()
    assert user_models() == ["my-lab@1"]


def test_the_default_is_the_model_of_the_user_until_it_is_taken_back():
    keep()
    set_user_default("my-lab")
    assert default_model() == "my-lab"
    assert {method.card.name for method in choose_methods().values()} == {"my-lab"}
    set_user_default(None)
    assert default_model() == DEFAULT_MODEL


def test_what_the_default_of_the_user_does_not_draw_the_shipped_one_does(monkeypatch):
    keep(outputs=("wbc.mask", "wbc.distance", "wbc.centre"))
    set_user_default("my-lab")
    names = {kind: method.card.name for kind, method in choose_methods().items()}
    assert names == {"rbc": DEFAULT_MODEL, "wbc": "my-lab", "plt": DEFAULT_MODEL}


def test_both_defaults_count_what_a_chosen_model_does_not():
    keep(outputs=("plt.mask", "plt.centre"))
    set_user_default("my-lab")
    chosen = ("wbc-unet",)
    methods = choose_methods("auto", chosen)
    assert left_to_default(methods, chosen) == ("rbc", "plt")
    assert methods["plt"].card.name == "my-lab"


def test_a_default_that_is_gone_is_named(folder):
    set_user_default("my-lab")
    with pytest.raises(ModelError, match="there is no such model: got 'my-lab'"):
        choose_methods()


@given(st.text(max_size=20))
def test_no_name_leads_out_of_the_folder(name):
    if is_model_name(name):
        assert (models_folder() / name).resolve().parent == models_folder().resolve()
        assert "@" not in name
