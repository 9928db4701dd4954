import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

import numpy as np  # noqa: E402
import onnxruntime  # noqa: E402

from hemolens.training.eight_bits import to_eight_bits  # noqa: E402
from hemolens.training.loop import batch_norms  # noqa: E402
from hemolens.training.networks import create_network  # noqa: E402
from hemolens.training.onnx_export import trace  # noqa: E402

pytestmark = pytest.mark.train

SAMPLES = np.random.default_rng(0).integers(0, 256, (4, 160, 160, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def models():
    """A network with random weights, in single precision and in 8 bits."""
    torch.manual_seed(0)
    network = create_network("one-pass").train()
    for norm in batch_norms(network):
        norm.momentum = None
    with torch.no_grad():
        network(torch.from_numpy(SAMPLES).permute(0, 3, 1, 2) / 127.5 - 1)
    single = trace(network.eval())
    return single, to_eight_bits(single, SAMPLES)


def maps(model, pixels):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.stack(session.run(None, {"pixels": pixels}), axis=1)


def test_the_maps_stay_alike_at_another_size(models):
    pixels = np.random.default_rng(1).integers(0, 256, (1, 176, 208, 3), dtype=np.uint8)
    right, found = (maps(model, pixels) for model in models)
    assert found.shape == right.shape
    assert right.std() > 0.02
    # Random weights make noise of noise, which rounding changes more than what a trained network draws.
    assert np.corrcoef(found.ravel(), right.ravel())[0, 1] > 0.9


def test_the_file_is_a_quarter_as_large(models):
    single, eight = (len(model.SerializeToString()) for model in models)
    assert eight < 0.3 * single


def test_inputs_and_outputs_keep_their_names(models):
    single, eight = ([value.name for value in (*model.graph.input, *model.graph.output)] for model in models)
    assert eight == single
