from __future__ import annotations

import numpy as np
import pytest
import torch

from hemolens.errors import TrainingError
from hemolens.models.store import DEFAULT_MODEL, read_model
from hemolens.segmentation.network_maps import load_model
from hemolens.synthetic import draw_smear
from hemolens.training.networks import create_network
from hemolens.training.onnx_export import PixelsToMaps
from hemolens.training.weights import read_weights, write_weights

pytestmark = pytest.mark.train


def test_weights_come_back_as_they_were_written(tmp_path):
    torch.manual_seed(0)
    written, read = create_network("one-pass"), create_network("one-pass")
    write_weights(written, tmp_path / "w.safetensors")
    read_weights(read, tmp_path / "w.safetensors")
    for name, values in read.state_dict().items():
        assert torch.equal(values, written.state_dict()[name])


def test_weights_of_another_network_are_refused(tmp_path):
    write_weights(create_network("one-pass"), tmp_path / "w.safetensors")
    with pytest.raises(TrainingError, match=r"first weights are those of another network.*'w.safetensors'.*UNet"):
        read_weights(create_network("unet"), tmp_path / "w.safetensors")


@pytest.mark.parametrize("content", [None, b"", b"no weights at all"])
def test_a_file_that_holds_no_weights_is_refused(tmp_path, content):
    path = tmp_path / "w.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TrainingError, match=r"first weights cannot be read.*'w.safetensors'"):
        read_weights(create_network("unet"), path)


def test_a_shipped_model_in_8_bits_gives_its_weights_back(tmp_path):
    """What the network draws in single precision is what the model draws, within the steps of 8 bits."""
    (tmp_path / "w.onnx").write_bytes(read_model(DEFAULT_MODEL).onnx)
    network = create_network("one-pass")
    read_weights(network, tmp_path / "w.onnx")
    pixels = draw_smear(1, height=160, width=160, n_rbc=6, n_wbc=1, n_plt=2, red_cell_diameter_px=40).pixels[None]
    with torch.no_grad():
        drawn = PixelsToMaps(network.eval())(torch.from_numpy(pixels))
    stored = load_model(DEFAULT_MODEL).session.run(None, {"pixels": pixels})
    for own, other in zip(drawn, stored, strict=True):
        assert np.abs(own.numpy() - other).mean() < 0.01


def test_a_model_in_half_precision_is_refused(exported_do_unet):
    with pytest.raises(TrainingError, match=r"cannot be read: got 'rbc-do-unet.onnx' .*allowed: .* model in 8 bits"):
        read_weights(create_network("do-unet"), exported_do_unet)


def test_a_model_of_another_network_is_refused(tmp_path):
    (tmp_path / "w.onnx").write_bytes(read_model(DEFAULT_MODEL).onnx)
    with pytest.raises(TrainingError, match=r"first weights .*'w\.onnx'"):
        read_weights(create_network("unet"), tmp_path / "w.onnx")


def test_a_damaged_model_is_refused(tmp_path):
    (tmp_path / "w.onnx").write_bytes(read_model(DEFAULT_MODEL).onnx[:5000])
    with pytest.raises(TrainingError, match="first weights cannot be read"):
        read_weights(create_network("one-pass"), tmp_path / "w.onnx")
