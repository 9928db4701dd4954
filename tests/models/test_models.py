import tomllib

import pytest

from hemolens.errors import ModelError
from hemolens.models import DEFAULT_MODELS, ModelCard, card_text, read_model, shipped_models

CARD = {
    "name": 'a "quoted" \\ name',
    "cell_type": "wbc",
    "network": "unet",
    "outputs": ["mask"],
    "red_cell_diameter_px": 24.0,
    "margin_px": 44,
    "grid_px": 8,
    "extra_px": 4,
    "sha256": "0" * 64,
    "terms": "research",
    "trained_steps": 10,
    "trained_on": ["x", "y"],
    "sources": [{"name": "s", "what": "w", "terms": "t"}],
    "figures": [{"metric": "m", "photographs": "p", "value": 0.5}],
}


@pytest.mark.parametrize("name", DEFAULT_MODELS.values())
def test_default_models_are_shipped_with_a_true_card(name):
    card = read_model(name).card
    assert card.name == name
    assert card.sources
    assert card.figures


def test_all_shipped_weights_stay_under_20_megabytes():
    assert sum(len(read_model(name).onnx) for name in shipped_models()) < 20e6


@pytest.mark.parametrize("tile_px", [None, 192])
def test_a_card_reads_back_as_written(tile_px):
    card = ModelCard.model_validate(CARD | {"tile_px": tile_px})
    assert ModelCard.model_validate(tomllib.loads(card_text(card))) == card


def test_a_card_without_a_tile_side_says_nothing_of_it():
    assert "tile_px" not in card_text(ModelCard.model_validate(CARD))


def test_changed_weights_are_refused(tmp_path):
    (tmp_path / "m.onnx").write_bytes(b"changed")
    (tmp_path / "m.toml").write_text(card_text(ModelCard.model_validate(CARD)))
    with pytest.raises(ModelError, match=r"are not those of its card: got sha256 .*allowed: sha256 000000000000…"):
        read_model(str(tmp_path / "m.onnx"))


def test_missing_card_is_named(tmp_path):
    (tmp_path / "m.onnx").write_bytes(b"weights")
    with pytest.raises(ModelError, match=r"model cannot be read: .*FileNotFoundError"):
        read_model(str(tmp_path / "m.onnx"))


def test_malformed_card_is_named(tmp_path):
    (tmp_path / "m.onnx").write_bytes(b"weights")
    (tmp_path / "m.toml").write_text("name = 3")
    with pytest.raises(ModelError, match=r"card of model .* is malformed"):
        read_model(str(tmp_path / "m.onnx"))


def test_the_error_of_a_count_is_that_of_a_type_the_model_draws():
    for name in shipped_models():
        card = read_model(name).card
        assert card.cell_type is None or set(card.count_error) <= {card.cell_type}
