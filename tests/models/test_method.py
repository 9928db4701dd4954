import pytest

from hemolens.cell_types import CELL_TYPES
from hemolens.errors import ModelError, UsageError
from hemolens.models.method import choose_methods, left_to_default
from hemolens.models.store import DEFAULT_MODEL, PAPER_MODELS


def test_the_default_model_counts_every_type():
    assert {kind: method.model for kind, method in choose_methods().items()} == dict.fromkeys(CELL_TYPES, DEFAULT_MODEL)


def test_a_model_counts_the_types_that_it_draws_and_the_default_one_the_others():
    methods = choose_methods("auto", ("wbc-unet",))
    assert [methods[kind].model for kind in CELL_TYPES] == [DEFAULT_MODEL, "wbc-unet", DEFAULT_MODEL]


def test_the_three_networks_of_the_paper_go_together():
    methods = choose_methods("auto", tuple(PAPER_MODELS.values()))
    assert {kind: method.model for kind, method in methods.items()} == PAPER_MODELS


def test_the_error_of_counts_is_known_for_the_default_counter_only():
    assert choose_methods()["rbc"].count_error is not None
    assert choose_methods("circle-hough")["rbc"].count_error is None


def test_an_unknown_counter_is_refused():
    with pytest.raises(UsageError, match="unknown counter: got 'guess'"):
        choose_methods("guess")


def test_an_unknown_model_is_refused():
    with pytest.raises(ModelError, match="there is no such model"):
        choose_methods("auto", ("nonesuch",))


@pytest.mark.parametrize(
    ("models", "left"),
    [
        ((), ()),
        ((DEFAULT_MODEL, "wbc-unet"), ()),
        (("pulse-coupled",), ("plt",)),
        (("pulse-coupled", "plt-unet"), ()),
        (("grabcut-white-cells",), ("rbc", "plt")),
    ],
)
def test_what_the_chosen_models_do_not_draw_is_left_to_the_default_one(models, left):
    assert left_to_default(choose_methods("auto", models), models) == left


def test_a_model_without_a_network_has_no_measured_error_yet():
    assert choose_methods("auto", ("otsu-watershed",))["rbc"].count_error is None
