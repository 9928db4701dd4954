import pytest

from hemolens.errors import ModelError
from hemolens.models.card import ModelCard, card_text
from hemolens.models.store import DEFAULT_MODEL, PAPER_MODELS, read_card, read_model, shipped_models

from .cards import CARD


@pytest.mark.parametrize("name", [DEFAULT_MODEL, *PAPER_MODELS.values()])
def test_default_models_are_shipped_with_a_true_card(name):
    card = read_model(name).card
    assert card.name == name
    assert card.sources
    assert card.figures


def test_all_shipped_weights_stay_under_20_megabytes():
    assert sum(len(read_model(name).onnx) for name in (DEFAULT_MODEL, *PAPER_MODELS.values())) < 20e6


def test_models_without_a_network_are_shipped_as_a_card():
    classical = set(shipped_models()) - {DEFAULT_MODEL, *PAPER_MODELS.values()}
    assert classical == {"otsu-watershed", "otsu-circle-hough", "dct-sharpness", "grabcut-white-cells", "pulse-coupled"}


@pytest.mark.parametrize("name", shipped_models())
def test_a_shipped_model_says_where_it_is_described_and_under_which_terms(name):
    card = read_card(name)
    assert card.reference
    assert card.terms


def test_changed_weights_are_refused(tmp_path):
    (tmp_path / "m.onnx").write_bytes(b"changed")
    (tmp_path / "m.toml").write_text(card_text(ModelCard.model_validate(CARD)))
    with pytest.raises(ModelError, match=r"do not match its card: got sha256 .*allowed: sha256 000000000000…"):
        read_model(str(tmp_path / "m.onnx"))


def test_missing_card_is_named(tmp_path):
    (tmp_path / "m.onnx").write_bytes(b"weights")
    with pytest.raises(ModelError, match=r"model cannot be read: .*No such file"):
        read_model(str(tmp_path / "m.onnx"))


def test_malformed_card_is_named(tmp_path):
    (tmp_path / "m.onnx").write_bytes(b"weights")
    (tmp_path / "m.toml").write_text("name = 3")
    with pytest.raises(ModelError, match=r"card of model .* is malformed"):
        read_model(str(tmp_path / "m.onnx"))


def test_the_error_of_a_count_is_that_of_a_type_the_model_draws():
    for name in shipped_models():
        card = read_card(name)
        assert card.cell_type is None or set(card.count_error) <= {card.cell_type}


def test_a_model_is_known_by_its_weights_its_card_or_its_folder(exported_do_unet):
    weights = exported_do_unet
    for place in (weights, weights.with_suffix(".toml"), weights.parent):
        assert read_card(str(place)).name == read_model(str(weights)).card.name


def test_a_folder_with_two_models_names_them(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.onnx").touch()
        (tmp_path / f"{name}.toml").touch()
    with pytest.raises(ModelError, match=r"several models: .*a\.onnx, b\.onnx"):
        read_card(str(tmp_path))


def test_an_unknown_name_lists_the_models_that_there_are():
    with pytest.raises(
        ModelError, match=r"there is no such model: got 'nonesuch'; allowed: dct-sharpness, .*, one-pass, "
    ):
        read_card("nonesuch")
