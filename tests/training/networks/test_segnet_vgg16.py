import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

from hemolens.training.networks.segnet_vgg16 import SegNetBody, pool, unpool  # noqa: E402
from hemolens.training.networks.vgg16_encoder import encoder_levels  # noqa: E402

pytestmark = pytest.mark.train


def plane(*rows):
    return torch.tensor([[[[float(value) for value in row.split()] for row in rows]]])


def test_values_go_back_to_where_the_maxima_were():
    _, kept = pool(
        plane(
            "9 1 2 3",
            "0 1 2 8",
            "0 0 0 5",
            "7 0 4 0",
        )
    )
    values = plane(
        "1 2",
        "3 4",
    )
    assert torch.equal(
        unpool(values, kept),
        plane(
            "1 0 0 0",
            "0 0 0 2",
            "0 0 0 4",
            "3 0 0 0",
        ),
    )


def test_unpooling_is_torchs_own():
    torch.manual_seed(0)
    pictures = torch.rand(2, 3, 6, 10)
    largest, kept = pool(pictures)
    assert torch.equal(unpool(largest, kept), F.max_unpool2d(largest, kept, 2))


def widths(part):
    return [(layer.in_channels, layer.out_channels) for layer in part.modules() if isinstance(layer, nn.Conv2d)]


def test_the_encoder_has_the_13_convolutions_of_vgg16():
    encoder = SegNetBody(1, encoder_levels(1)).encoder
    assert [len(level) for level in encoder] == [2, 2, 3, 3, 3]
    assert widths(encoder) == [
        *[(3, 1), (1, 1)],
        *[(1, 2), (2, 2)],
        *[(2, 4), (4, 4), (4, 4)],
        *[(4, 8), (8, 8), (8, 8)],
        *[(8, 8), (8, 8), (8, 8)],
    ]


def test_the_decoder_mirrors_the_encoder():
    body = SegNetBody(4, encoder_levels(4))
    assert widths(body.decoder)[:-1] == [(n_out, n_in) for n_in, n_out in reversed(widths(body.encoder)[1:])]
    assert widths(body.decoder)[-1] == (4, 4)


def test_each_convolution_has_batch_norm_and_relu():
    kinds = [type(layer) for layer in SegNetBody(1, encoder_levels(1)).modules() if not list(layer.children())]
    assert kinds == 26 * [nn.Conv2d, nn.BatchNorm2d, nn.ReLU]
