"""Models of every released format are read by this version, and draw maps."""

from pathlib import Path

import numpy as np
import pytest

from hemolens.models.card import parse_card
from hemolens.models.store import read_card
from hemolens.segmentation.network_maps import compute_probability_maps, load_model

FORMATS = Path(__file__).parent / "formats"
NETWORKS = sorted(FORMATS.glob("*/*.onnx"))
CARDS = sorted(FORMATS.glob("*/*.toml"))


def name_of(path):
    return path.relative_to(FORMATS).as_posix()


def test_every_release_has_its_formats():
    assert {path.parent.name for path in CARDS} >= {"0.1.0"}
    assert {path.stem for path in NETWORKS} >= {"half-precision", "eight-bits"}


@pytest.mark.parametrize("path", CARDS, ids=name_of)
def test_an_old_card_is_read_and_says_how_its_maps_are_counted(path):
    card = parse_card(path.read_text("utf-8"), path.name)
    assert all(card.default_counter(kind) for kind in card.cell_types)


@pytest.mark.parametrize("path", NETWORKS, ids=name_of)
def test_an_old_network_draws_maps(path):
    model = load_model(str(path))
    assert model.card == read_card(str(path.with_suffix(".toml")))
    pixels = np.random.default_rng(0).integers(0, 256, (64, 80, 3), np.uint8)
    maps = compute_probability_maps(pixels, 40, model)
    assert {kind: each.mask.shape for kind, each in maps.items()} == dict.fromkeys(("rbc", "wbc", "plt"), (64, 80))
    assert all(0 <= each.mask.min() < each.mask.max() <= 1 for each in maps.values())
