from __future__ import annotations

import pytest
import torch

from hemolens.errors import TrainingError
from hemolens.training.networks import create_network
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
