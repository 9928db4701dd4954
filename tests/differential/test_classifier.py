import numpy as np
import pytest

from hemolens.cells.cell import cells_from_circles
from hemolens.differential.classifier import choose_class, classify_cells, load_classifier
from hemolens.errors import ModelError
from hemolens.images.photograph import photograph_from_array
from hemolens.measurements.colours import MeasuredColours
from hemolens.models.store import read_classifier_card

from ..tiny_classifier import FILLED, tiny_card, write_tiny_classifier

MEASURED = MeasuredColours(np.full(3, 220.0), None)
SMEAR = photograph_from_array(np.full((200, 200, 3), 220, np.uint8))


def load(path):
    return load_classifier(path, read_classifier_card(path).sha256)


def classify(cells, classifier):
    return classify_cells(SMEAR, cells, classifier, red_cell_diameter_px=40, measured=MEASURED)


def circles(*radii, cell_type="wbc"):
    rows = np.array([(100, 50 + 50 * n, radius) for n, radius in enumerate(radii)], float)
    return cells_from_circles(rows, cell_type=cell_type, shape=SMEAR.shape)


def test_each_white_cell_is_judged_by_what_it_shows(tmp_path):
    small, large = classify(circles(2, 40), load(write_tiny_classifier(tmp_path)))
    assert (small.white_cell_class, large.white_cell_class) == ("unsure", "lymphocyte")
    assert 0 <= small.class_probability < large.class_probability <= 1


def test_red_cells_and_platelets_have_no_class(tmp_path):
    cells = circles(20, cell_type="rbc") + circles(5, cell_type="plt")
    named = classify(cells, load(write_tiny_classifier(tmp_path)))
    assert [(cell.white_cell_class, cell.class_probability) for cell in named] == [(None, None)] * 2


def test_no_other_cell_changes_what_a_cell_is(tmp_path):
    classifier = load(write_tiny_classifier(tmp_path))
    together = classify(circles(10, 20, 30), classifier)
    alone = [classify([cell], classifier)[0] for cell in circles(10, 20, 30)]
    assert [cell.class_probability for cell in together] == [cell.class_probability for cell in alone]


def test_the_limit_of_the_card_decides_what_is_unsure():
    logits = np.log(np.array([0.6, 0.3, 0.1]))
    assert choose_class(logits, tiny_card(least_probability=0.6)) == ("neutrophil", 0.6)
    assert choose_class(logits, tiny_card(least_probability=0.61)) == ("unsure", 0.6)


def test_temperature_makes_it_less_sure():
    logits = np.array([3.0, 0.0, 0.0])
    assert choose_class(logits, tiny_card(temperature=3.0))[1] < choose_class(logits, tiny_card())[1]


def test_weights_of_another_number_of_classes_are_refused(tmp_path):
    path = write_tiny_classifier(tmp_path, weights=FILLED[:2])
    with pytest.raises(ModelError, match="are not those of its card"):
        load(path)


def test_changed_weights_are_refused(tmp_path):
    path = write_tiny_classifier(tmp_path)
    sha256 = read_classifier_card(path).sha256
    (tmp_path / "tiny.onnx").write_bytes(b"changed")
    with pytest.raises(ModelError, match="do not match its card"):
        load_classifier(path, sha256)


def test_a_classifier_that_was_replaced_is_refused(tmp_path):
    path = write_tiny_classifier(tmp_path)
    with pytest.raises(ModelError, match="was replaced while it was in use"):
        load_classifier(path, "f" * 64)
