"""The encoder of VGG16 and a decoder that enlarges what it finds, for all types at once.

Shahzad, Umar, Khan, Shirazi, Khan & Yousaf, 'Robust Method for Semantic Segmentation of Whole-Slide Blood Cell
Microscopic Images', Computational and Mathematical Methods in Medicine 2020, 4015323.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import ClassVar, cast

from torch import Tensor, nn

from hemolens.training.networks.network import Network
from hemolens.training.networks.unet import upsampling
from hemolens.training.networks.vgg16_encoder import (
    PAPER_WIDTH,
    EncoderWeights,
    level,
    level_widths,
    make_encoder,
)


class VGG16EncoderDecoder(Network):
    """(N, 3, H, W) in [−1, 1] → (N, 3, H, W) logits of three masks, H and W multiples of 16.

    The abstract of the paper, which is what was followed, says: VGG16, trained before, draws features of pixels, and an
    encoder-decoder divides a smear into red cells, white cells and platelets. Left open there, and chosen here: the
    fifth pooling, which in VGG16 leads to the classifier, is left out, so that a cell is about two pixels wide where it
    is smallest; the decoder goes up through the widths of the encoder by transposed convolutions of stride 2, each with
    one 3×3 convolution after it; nothing goes past the bottom, neither features (as in U-Net) nor the places of maxima
    (as in SegNet). Each type has a probability of its own, as in all other models.

    Parameters
    ----------
    width, encoder_weights, encoder_file
        As in :class:`hemolens.training.networks.segnet_vgg16.SegNet`.

    Raises
    ------
    TrainingError
        If the options contradict each other, or the weights cannot be had or do not fit.

    """

    outputs: ClassVar[tuple[str, ...]] = ("rbc.mask", "wbc.mask", "plt.mask")
    reference = "Shahzad et al., Comput Math Methods Med, 2020, 4015323"
    options = ("width", "encoder_weights", "encoder_file")
    paper_input_px = 128
    margin_px = 0
    grid_px = 16
    extra_px = 0
    reach_px = 128
    tile_px = 640

    def __init__(
        self, width: int = PAPER_WIDTH, encoder_weights: EncoderWeights = "none", encoder_file: Path | None = None
    ) -> None:
        super().__init__()
        self.encoder = make_encoder(width, encoder_weights, encoder_file)
        self.decoder = nn.Sequential(
            *(
                nn.Sequential(upsampling(below, own), level([own, own]))
                for below, own in pairwise(reversed(level_widths(width)))
            )
        )
        self.mask = nn.Conv2d(width, len(self.outputs), 1)
        self.pool = nn.MaxPool2d(2)

    def forward(self, pixels: Tensor) -> Tensor:
        maps = pixels
        for number, encode in enumerate(self.encoder):
            maps = encode(self.pool(maps) if number else maps)
        return cast(Tensor, self.mask(self.decoder(maps)))
