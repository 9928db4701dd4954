import tomllib

import pytest
import tomli_w

from hemolens.errors import ModelError
from hemolens.models.card import ModelCard, card_text, parse_card

from .cards import CARD, CLASSICAL_CARD

COUNTERS = {"wbc": {"default": "watershed", "settings": {"watershed": {"threshold": 0.4}}}}


@pytest.mark.parametrize("tile_px", [None, 192])
def test_a_card_reads_back_as_written(tile_px):
    card = ModelCard.model_validate(CARD | {"tile_px": tile_px})
    assert ModelCard.model_validate(tomllib.loads(card_text(card))) == card


def test_a_card_without_a_tile_side_says_nothing_of_it():
    assert "\ntile_px" not in card_text(ModelCard.model_validate(CARD))


def test_settings_in_a_card_read_back_as_written():
    card = ModelCard.model_validate(CARD | {"counters": COUNTERS})
    again = parse_card(card_text(card), "m")
    assert again.settings_for("wbc", "watershed").threshold == 0.4
    assert again == card


@pytest.mark.parametrize(
    ("counters", "said"),
    [
        ({"wbc": {"default": "watershed", "settings": {"watershed": {"treshold": 0.4}}}}, "treshold"),
        ({"wbc": {"default": "hough", "settings": {"hough": {}}}}, "no counter is called hough"),
        ({"wbc": {"default": "peaks", "settings": {"watershed": {}}}}, "the default counter peaks has no settings"),
        ({"wbc": {"default": "watershed", "settings": {"watershed": {"threshold": 2}}}}, "less than or equal to 1"),
    ],
)
def test_settings_that_no_counter_knows_are_refused_in_words(counters, said):
    with pytest.raises(ModelError, match=said):
        parse_card(tomli_w.dumps(CARD | {"counters": counters}), "m")


def test_an_unknown_field_of_a_card_is_refused_in_words():
    with pytest.raises(ModelError, match="card of model 'm' is malformed: got colour: Extra inputs"):
        parse_card(tomli_w.dumps(CARD | {"colour": 3}), "m")


@pytest.mark.parametrize("value", [0.0, 1e6, float("inf"), float("nan")])
def test_a_scale_at_which_no_network_works_is_refused_in_words(value):
    with pytest.raises(ModelError, match="card of model 'm' is malformed: got red_cell_diameter_px: Input should be"):
        parse_card(tomli_w.dumps(CARD | {"red_cell_diameter_px": value}), "m")


@pytest.mark.parametrize("value", ["9" * 5000, "[" * 5000], ids=["very many digits", "very deep"])
def test_toml_that_no_card_holds_is_refused_in_words(value):
    with pytest.raises(ModelError, match="card of model 'm' is malformed"):
        parse_card(f"size = {value}", "m")


def test_a_card_without_settings_says_that_it_cannot_be_counted_with():
    with pytest.raises(ModelError, match="does not say how its maps are counted: got no settings for wbc"):
        ModelCard.model_validate(CARD).default_counter("wbc")


def test_a_network_of_all_types_draws_those_that_its_outputs_name():
    card = ModelCard.model_validate({**CARD, "cell_type": None, "outputs": ["rbc.mask", "wbc.mask"]})
    assert card.cell_types == ("rbc", "wbc")


def test_a_card_without_a_network_reads_back_as_written():
    card = ModelCard.model_validate(CLASSICAL_CARD)
    assert parse_card(card_text(card), "m") == card


def test_a_card_without_a_network_says_nothing_of_one():
    said = tomllib.loads(card_text(ModelCard.model_validate(CLASSICAL_CARD)))
    assert said == CLASSICAL_CARD


@pytest.mark.parametrize("names", [{"segmentation": "otsu"}, {"network": ""}], ids=["both", "neither"])
def test_a_card_names_a_network_or_a_segmentation(names):
    with pytest.raises(ModelError, match="names either a network or a segmentation"):
        parse_card(tomli_w.dumps(CARD | names), "m")


def test_the_card_of_a_network_says_what_its_weights_are():
    with pytest.raises(ModelError, match="the card of a network also says grid_px, sha256"):
        parse_card(
            tomli_w.dumps({name: value for name, value in CARD.items() if name not in {"sha256", "grid_px"}}), "m"
        )


def test_the_digest_is_that_of_the_weights_or_of_the_card():
    card = ModelCard.model_validate(CLASSICAL_CARD)
    assert ModelCard.model_validate(CARD).digest == CARD["sha256"]
    assert len(card.digest) == 64
    assert card.digest != card.model_copy(update={"terms": "others"}).digest


@pytest.mark.parametrize(
    ("outputs", "counter", "said"),
    [
        (["density"], "watershed", "counter watershed cannot read what the model draws of wbc"),
        (["mask"], "density-sum", "counter density-sum cannot read what the model draws of wbc"),
        (["mask", "density"], "watershed", "of wbc a model draws a density or maps, not both"),
    ],
)
def test_counters_must_read_what_the_model_draws(outputs, counter, said):
    counters = {"wbc": {"default": counter, "settings": {counter: {}}}}
    with pytest.raises(ModelError, match=said):
        parse_card(tomli_w.dumps(CARD | {"outputs": outputs, "counters": counters}), "m")
