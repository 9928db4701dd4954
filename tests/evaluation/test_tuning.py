import math

import numpy as np
import pytest

from hemolens.cell_types import CELL_TYPES
from hemolens.cells.counters.peaks import PeaksSettings
from hemolens.evaluation import tuning
from hemolens.evaluation.tuning import Case, score, tune
from hemolens.labels.truth import Truth
from hemolens.models.store import read_card
from hemolens.probability_maps import ProbabilityMaps


def case():
    """Two white cells of 24 px, red cells being 20 px wide, and a speck."""
    row, col = np.mgrid[:60, :120]
    mask = np.zeros((60, 120), np.float32)
    for centre, radius in (((30, 25), 12), ((30, 75), 12), ((10, 110), 3)):
        mask[np.hypot(row - centre[0], col - centre[1]) < radius] = 1
    return Case(ProbabilityMaps("wbc", mask, None, 20.0), (60, 120), Truth(2, None))


def settings(**changes):
    return read_card("wbc-unet").settings_for("wbc", "connected-components").model_copy(update=changes)


def test_the_score_of_a_right_count_is_one():
    assert score([case()], "wbc", "connected-components", settings(min_area=0.5)) == 1


def test_a_speck_that_is_counted_costs_score():
    assert score([case()], "wbc", "connected-components", settings(min_area=0.0, min_core_area=0.0)) == 0.5


@pytest.mark.parametrize("n_trials", [0, 5])
def test_the_search_finds_settings_that_leave_the_speck_out(n_trials):
    start = settings(min_area=0.0, min_core_area=0.0)
    found, reached = tune([case()], "wbc", "connected-components", start, n_trials=n_trials)
    assert reached == 1
    assert score([case()], "wbc", "connected-components", found) == 1


def test_values_that_contradict_each_other_are_passed_over(monkeypatch):
    monkeypatch.setattr(tuning, "choices", lambda *_: {"radius_min": [9.0]})
    start = read_card("wbc-unet").settings_for("wbc", "circle-hough")
    assert tune([case()], "wbc", "circle-hough", start, n_trials=0)[0] == start


def test_a_score_out_of_reach_is_given_up():
    speck = settings(min_area=0.0, min_core_area=0.0)
    assert score([case(), case()], "wbc", "connected-components", speck, at_least=0.5) == 0.5
    assert score([case(), case()], "wbc", "connected-components", speck, at_least=0.51) == -math.inf


def test_a_first_look_is_at_every_source():
    cases = [case()] * 60 + [case()._replace(source="another")] * 21
    few = tuning.first_look(cases)
    assert [each.source for each in few] == ["ALL-IDB1"] * 20 + ["another"] * 7
    assert tuning.first_look(cases[:57]) == []


def test_what_is_worse_at_the_first_look_is_not_tried_on_the_others(monkeypatch):
    looked_at = []
    true_score = tuning.score
    monkeypatch.setattr(tuning, "FEWEST_LOOKED_AT", 1)
    monkeypatch.setattr(
        tuning,
        "score",
        lambda cases, *args, **kwargs: looked_at.append(len(cases)) or true_score(cases, *args, **kwargs),
    )
    start = settings(min_area=0.5, min_core_area=0.0)
    found, reached = tune([case()] * 8, "wbc", "connected-components", start, space={"min_area": [0.0]}, n_trials=0)
    assert (found, reached) == (start, 1)
    assert looked_at == [8, 3, 3]


def test_only_the_settings_of_the_space_change():
    start = settings(min_area=0.0, min_core_area=0.0)
    found, _ = tune([case()], "wbc", "connected-components", start, space={"min_area": [0.5]}, n_trials=0)
    assert found == settings(min_area=0.5, min_core_area=0.0)


def test_a_source_can_weigh_more():
    right, wrong = case()._replace(weight=3.0), case()._replace(truth=Truth(4, None), source="another")
    assert score([right, wrong], "wbc", "connected-components", settings(min_area=0.5)) == pytest.approx(0.875)


def boxed_case():
    """The photograph of :func:`case` with boxes around its white cells."""
    boxes = np.array([[18.0, 13, 43, 38], [18, 63, 43, 88]])
    return case()._replace(truth=Truth(2, boxes))


def test_a_speck_near_the_frame_or_where_labels_are_unsure_costs_nothing():
    speck = settings(min_area=0.0, min_core_area=0.0)
    assert score([boxed_case()], "wbc", "connected-components", speck) == pytest.approx((0.5 + 0.8) / 2)
    near = boxed_case()._replace(margin_px=9.0)
    assert score([near], "wbc", "connected-components", speck) == 1
    unsure = boxed_case()._replace(unsure=np.array([[5.0, 105, 15, 115]]))
    assert score([unsure], "wbc", "connected-components", speck) == 1


def test_every_source_weighs_the_same():
    """Three photographs counted wrong in one source weigh as much as one counted right in another."""
    missed = case()._replace(truth=Truth(4, None), source="another")
    cases = [case(), missed, missed, missed]
    assert score(cases, "wbc", "connected-components", settings(min_area=0.5)) == 0.75


def test_peaks_of_every_type_have_choices_that_their_settings_take():
    for kind in CELL_TYPES:
        space = tuning.choices(kind, "peaks")
        for name, values in space.items():
            for value in values:
                PeaksSettings.model_validate({name: value})
