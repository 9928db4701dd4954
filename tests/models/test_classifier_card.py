import pytest

from hemolens.errors import ModelError
from hemolens.models.classifier_card import parse_classifier_card
from hemolens.models.store import DEFAULT_CLASSIFIER, read_classifier

from ..tiny_classifier import tiny_card


def test_a_card_survives_its_own_text():
    card = tiny_card(trained_cpu_seconds=3)
    assert parse_classifier_card(card.toml, "tiny") == card


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("temperature = 1.0", "temperature = 0.0", "temperature"),
        ("least_probability = 0.5", "least_probability = 1.5", "least_probability"),
        ('"lymphocyte"', '"leucocyte"', r"classes\.1"),
        ('"lymphocyte"', '"unsure"', "unsure is none of them"),
        ('"lymphocyte"', '"neutrophil"', "named once each"),
        ('name = "tiny"', "name = ", "Invalid value"),
    ],
)
def test_what_is_wrong_with_a_card_is_named(before, after, fault):
    text = tiny_card().toml.replace(before, after)
    assert text != tiny_card().toml
    with pytest.raises(ModelError, match=fault):
        parse_classifier_card(text, "tiny")


def test_a_classifier_is_shipped_with_a_true_card():
    file = read_classifier(DEFAULT_CLASSIFIER)
    assert file.card.name == DEFAULT_CLASSIFIER
    assert all(each.what and each.terms for each in file.card.sources)
    assert file.card.figures
    assert len(file.onnx) < 3e6
