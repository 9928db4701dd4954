from types import SimpleNamespace

import pytest

from hemolens.labels.truth import truth_of_boxes
from hemolens.models.store import DEFAULT_MODEL, read_card
from hemolens.segmentation.network_maps import load_model
from hemolens.synthetic import draw_smear
from hemolens.training.adaptation import settings
from hemolens.training.adaptation.own_photographs import OwnPhotograph
from hemolens.training.adaptation.settings import SCALES, Settings, at_scale, choose_settings, compare_drawn, draw

pytestmark = pytest.mark.train

COUNTERS = read_card(DEFAULT_MODEL).counters


def photograph(diameter_px=40.0):
    """A drawn smear with its labels, taken to have red cells of a diameter."""
    smear = draw_smear(3, height=260, width=300, n_rbc=22, n_wbc=0, n_plt=0, red_cell_diameter_px=40)
    truth = truth_of_boxes([tuple(map(float, cell.box)) for cell in smear.cells])
    return OwnPhotograph("a.png", "a.png", smear.pixels, {"rbc": truth}, diameter_px)


def test_a_photograph_is_drawn_at_every_scale_for_the_labelled_types():
    drawn = draw(photograph(), load_model(DEFAULT_MODEL), ("rbc", "wbc"))
    assert list(drawn) == list(SCALES)
    assert [list(each) for each in drawn.values()] == [["rbc"]] * len(SCALES)
    sides = [each["rbc"].maps.mask.shape[0] for each in drawn.values()]
    assert sorted(sides) == [round(260 * scale) for scale in sorted(SCALES)]


def test_a_scale_is_that_of_the_card_times_a_factor():
    assert at_scale(read_card(DEFAULT_MODEL), 0.87).red_cell_diameter_px == 34.8


def test_the_scale_stays_where_the_photographs_fit_it():
    drawn = [draw(photograph(), load_model(DEFAULT_MODEL), ("rbc",))]
    assert choose_settings(drawn, COUNTERS, ("rbc",), "").scale == 1.0


def test_a_scale_that_the_program_always_gets_wrong_is_corrected(monkeypatch):
    """The score is made up: what is tested is the choice."""
    drawn = [draw(photograph(), load_model(DEFAULT_MODEL), ("rbc",))]
    of_side = {round(260 * scale): value for scale, value in zip(SCALES, (0.7, 0.6, 0.65, 0.75, 0.9), strict=True)}
    monkeypatch.setattr(settings, "score", lambda cases, *_: of_side[cases[0].maps.mask.shape[0]])
    monkeypatch.setattr(settings, "FEWEST_SEARCHED", 23)
    assert choose_settings(drawn, COUNTERS, ("rbc",), "").scale == 1.15


def test_few_cells_leave_the_settings_of_their_type_as_they_are(monkeypatch):
    monkeypatch.setattr(settings, "FEWEST_SEARCHED", 23)
    drawn = [draw(photograph(), load_model(DEFAULT_MODEL), ("rbc",))]
    assert choose_settings(drawn, COUNTERS, ("rbc",), "").counters["rbc"] is COUNTERS["rbc"]


def thresholds(counters):
    return counters["rbc"].settings["peaks"].model_copy(update={"score_points": ()})


def chosen_by(n_errors, monkeypatch):
    """Settings chosen by made-up numbers of errors."""
    drawn = [draw(photograph(), load_model(DEFAULT_MODEL), ("rbc",), [1.0])]
    monkeypatch.setattr(settings, "SCALES", (1.0,))
    monkeypatch.setattr(settings, "compare_case", lambda case, kind, name, own: SimpleNamespace(n_errors=n_errors(own)))
    return thresholds(choose_settings(drawn, COUNTERS, ("rbc",), "").counters)


def test_cells_that_a_laboratory_does_not_label_for_their_size_are_left_out(monkeypatch):
    assert chosen_by(lambda own: int(own.min_area < 0.19), monkeypatch).min_area == pytest.approx(0.196)


def test_only_the_change_that_leaves_fewest_errors_is_made(monkeypatch):
    start = thresholds(COUNTERS)
    found = chosen_by(lambda own: 9 - 2 * (own.body_threshold == 0.6) - 3 * (own.min_height == 0.4), monkeypatch)
    assert found == start.model_copy(update={"min_height": 0.4})


def test_thresholds_stay_where_no_change_leaves_fewer_errors(monkeypatch):
    start = thresholds(COUNTERS)
    assert chosen_by(lambda own: 5, monkeypatch) == start


def test_chosen_settings_say_what_they_were_chosen_on():
    drawn = [draw(photograph(), load_model(DEFAULT_MODEL), ("rbc",))]
    chosen = choose_settings(drawn, COUNTERS, ("rbc",), "one photograph").counters["rbc"]
    assert chosen.chosen_on == "one photograph"
    assert chosen.settings["peaks"].score_points


def test_a_drawn_photograph_is_compared_with_its_labels():
    own = photograph()
    drawn = draw(own, load_model(DEFAULT_MODEL), ("rbc",), [1.0])
    compared = compare_drawn(drawn, Settings(1.0, {"rbc": COUNTERS["rbc"]}))
    assert compared["rbc"].truth == 22
    assert compared["rbc"].detection.f1 > 0.9
