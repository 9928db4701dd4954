"""SegNet with the encoder of VGG16: 128×128 pixels in, 128×128 out.

Badrinarayanan, Kendall & Cipolla, IEEE PAMI 39(12), 2017; in Gharbi et al., Fig. 3. Each of the five poolings keeps
where its maxima were, and the decoder puts the values back there.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hemolens.training.networks.network import Network
from hemolens.training.networks.vgg16_encoder import (
    PAPER_WIDTH,
    EncoderWeights,
    level,
    level_widths,
    make_encoder,
)
from hemolens.training.networks.vgg16_weights import CONVOLUTIONS


def pool(values: Tensor) -> tuple[Tensor, Tensor]:
    """Take the largest of each 2×2 pixels, and its index in the flattened plane.

    Examples
    --------
    >>> largest, kept = pool(torch.tensor([[[[0.0, 7.0, 0.0, 0.0], [0.0, 0.0, 5.0, 0.0]]]]))
    >>> largest.tolist(), kept.tolist()
    ([[[[7.0, 5.0]]]], [[[[1, 6]]]])

    """
    largest, kept = F.max_pool2d(values, 2, return_indices=True)
    return largest, kept


def unpool(values: Tensor, kept: Tensor) -> Tensor:
    """Put values back where the maxima were, among zeros.

    ``scatter`` does what ``max_unpool2d`` does, as fast, and can be exported to ONNX.

    Examples
    --------
    >>> unpool(torch.tensor([[[[3.0, 4.0]]]]), torch.tensor([[[[1, 6]]]])).tolist()
    [[[[0.0, 3.0, 0.0, 0.0], [0.0, 0.0, 4.0, 0.0]]]]

    """
    n, n_channels, height, width = values.shape
    zeros = values.new_zeros((n, n_channels, 4 * height * width))
    return zeros.scatter(2, kept.flatten(2), values.flatten(2)).reshape(n, n_channels, 2 * height, 2 * width)


class SegNetBody(nn.Module):
    """Encoder and decoder without a head: (N, 3, H, W) in [−1, 1] → (N, width, H, W); H and W multiples of 32."""

    def __init__(self, width: int, encoder: nn.ModuleList) -> None:
        super().__init__()
        widths = level_widths(width)
        self.encoder = encoder
        above = [width, *widths[:-1]]
        mirrored = reversed(list(zip(CONVOLUTIONS, widths, above, strict=True)))
        self.decoder = nn.ModuleList(level([*[n_in] * n, n_out]) for n, n_in, n_out in mirrored)

    def forward(self, pixels: Tensor) -> Tensor:
        values, places = pixels, []
        for encode in self.encoder:
            values, kept = pool(encode(values))
            places.append(kept)
        for decode in self.decoder:
            values = decode(unpool(values, places.pop()))
        return values


class SegNet(Network):
    """Single-output SegNet: (N, 3, H, W) in [−1, 1] → (N, 1, H, W) logits of the mask.

    Parameters
    ----------
    width : int
        Channels of the first level; the others have 2, 4, 8 and 8 times as many.
    encoder_weights : {"none", "imagenet"}
        Start the encoder afresh, or from the weights of VGG16 trained on ImageNet (width 64 only).
    encoder_file : Path, optional
        State of VGG16, or of VGG16 with batch norm, as torchvision publishes it; without it the former is
        downloaded.

    Raises
    ------
    TrainingError
        If the options contradict each other, or the weights cannot be had or do not fit.

    """

    outputs: ClassVar[tuple[str, ...]] = ("mask",)
    reference = "Badrinarayanan, Kendall, Cipolla, IEEE TPAMI 39(12), 2017"
    options = ("width", "encoder_weights", "encoder_file")
    paper_input_px = 128
    margin_px = 0
    grid_px = 32
    extra_px = 0
    overlap_px = 32
    tile_px = 192

    def __init__(
        self, width: int = PAPER_WIDTH, encoder_weights: EncoderWeights = "none", encoder_file: Path | None = None
    ) -> None:
        super().__init__()
        self.body = SegNetBody(width, make_encoder(width, encoder_weights, encoder_file))
        self.mask = nn.Conv2d(width, 1, 1)

    def forward(self, pixels: Tensor) -> Tensor:
        return cast(Tensor, self.mask(self.body(pixels)))


class DOSegNet(SegNet):
    """Dual-output SegNet: (N, 3, H, W) in [−1, 1] → (N, 2, H, W) logits of mask and edge.

    Its parameters are those of :class:`SegNet`.
    """

    outputs = ("mask", "edge")

    def __init__(
        self, width: int = PAPER_WIDTH, encoder_weights: EncoderWeights = "none", encoder_file: Path | None = None
    ) -> None:
        super().__init__(width, encoder_weights, encoder_file)
        self.edge = nn.Conv2d(width, 1, 1)

    def forward(self, pixels: Tensor) -> Tensor:
        features = self.body(pixels)
        return torch.cat([self.mask(features), self.edge(features)], dim=1)


class SegNetAllTypes(SegNet):
    """SegNet for all types at once: (N, 3, H, W) in [−1, 1] → (N, 3, H, W) logits of three masks.

    Tran, Binh Minh, Lee & Kwon, 'Blood Cell Count Using Deep Learning Semantic Segmentation', Preprints 2019,
    2019090075: SegNet, begun with the weights of VGG16, divides a smear into red cells, white cells and background.
    Platelets are drawn here, too. The paper gives every pixel to one class; here each type has a probability of its
    own, as in all other models, so that a red cell may go on under a white one. The paper counts local maxima of a
    distance transform, which the counter ``watershed`` does with any of four metrics.

    Its parameters are those of :class:`SegNet`.
    """

    outputs = ("rbc.mask", "wbc.mask", "plt.mask")
    reference = "Tran, Binh Minh, Lee, Kwon, Preprints, 2019, 2019090075"

    def __init__(
        self, width: int = PAPER_WIDTH, encoder_weights: EncoderWeights = "none", encoder_file: Path | None = None
    ) -> None:
        super().__init__(width, encoder_weights, encoder_file)
        self.mask = nn.Conv2d(width, len(self.outputs), 1)
