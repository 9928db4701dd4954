import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

import numpy as np  # noqa: E402
import onnxruntime  # noqa: E402

from hemolens.models import read_model  # noqa: E402
from hemolens.networks import NETWORKS, create_network  # noqa: E402
from hemolens.training.onnx_export import export_onnx  # noqa: E402

pytestmark = pytest.mark.train


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_onnx_runtime_gives_the_maps_of_torch_at_any_size(name, tmp_path):
    torch.manual_seed(0)
    network = create_network(name).eval()
    for weight in network.parameters():
        weight.data = weight.data.half().float()
    export_onnx(network, tmp_path / "net.onnx")
    pixels = np.random.default_rng(0).integers(0, 256, (2, 100, 116, 3), dtype=np.uint8)
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx", providers=["CPUExecutionProvider"])
    maps = np.stack(session.run(list(network.outputs), {"pixels": pixels}), axis=1)
    with torch.inference_mode():
        scaled = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 127.5 - 1
        expected = torch.sigmoid(network(scaled)).numpy()
    assert maps.shape == expected.shape == (2, len(network.outputs), 12, 28)
    assert np.abs(maps - expected).max() < 1e-3


def test_the_file_takes_two_bytes_a_weight(exported_do_unet):
    n_weights = sum(weight.numel() for weight in create_network("do-unet").parameters())
    assert exported_do_unet.stat().st_size < 2.1 * n_weights


def test_the_card_names_what_was_trained_on(exported_do_unet):
    card = read_model(str(exported_do_unet)).card
    assert "Im001_1" in card.trained_on
    assert [source.name for source in card.sources] == ["ALL-IDB1", "DO-U-Net outlines"]
