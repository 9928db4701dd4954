import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hemolens.differential.classifier import load_classifier  # noqa: E402
from hemolens.models.store import read_classifier_card  # noqa: E402
from hemolens.training.differential.export import write_classifier  # noqa: E402
from hemolens.training.differential.loop import TrainedClassifier, logits_of  # noqa: E402
from hemolens.training.differential.network import WhiteCellClassifier  # noqa: E402


def test_a_written_classifier_is_the_trained_one(tmp_path, config, crops):
    network = WhiteCellClassifier(len(config.classes)).eval()
    path = str(write_classifier(TrainedClassifier(network, 1.5, 10.0), config, tmp_path / "new"))
    card = read_classifier_card(path)
    assert (card.temperature, card.trained_steps, card.classes) == (1.5, config.steps, config.classes)
    middles = np.ascontiguousarray(crops.pixels[:, 4:20, 4:20])
    (logits,) = load_classifier(path, card.sha256).session.run(None, {"crops": middles})
    assert logits == pytest.approx(logits_of(network, crops.pixels, 16), abs=2e-3)  # weights have half precision
