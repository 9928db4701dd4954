"""Small smears of squares and discs, and banks of them, for the tests of training."""

import numpy as np
import torch

from hemolens.cell_types import CELL_TYPES
from hemolens.measurements.colours import MeasuredColours, StandardColours
from hemolens.training.cell_planes import Known
from hemolens.training.config import SmearAugmentation
from hemolens.training.smear_bank import fill_bank
from hemolens.training.smears import LENDING, NumberedSmear

DIAMETER_PX = 20
STANDARD = StandardColours(background_level=220, red_cell_absorbance=(0.06, 0.14, 0.09))
AS_IT_IS = MeasuredColours(np.full(3, 220.0), np.array(STANDARD.red_cell_absorbance))
"""Of a photograph that has standard colours already."""

LIGHT_OF = {"rbc": 150, "wbc": 70, "plt": 110}

PLAIN = SmearAugmentation(
    zoom=(1, 1), focused=0, piles=0, white_groups=0, crenated=0, own_absorbance=0, dark_cells=0, specks=0,
    stain=(1, 1), wide_share=0, cross_talk=0, strong_cross_talk=0, near_grey=0, gain=0, fall_off=0, noise=0,
)  # fmt: skip
"""Nothing is changed but the place, the turn, the focus and the quality of the file."""


def draw_disc(shape, row, col, radius):
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    return np.hypot(rows - row, cols - col) <= radius


def labelled(name="a", source="ours", cells=(), *, shape=(90, 120), known=CELL_TYPES, lends=False):
    """A smear of discs, (type, row, col, radius); the types in ``known`` are known everywhere."""
    pixels = np.full((*shape, 3), 220, np.uint8)
    numbers, flags = np.zeros((*shape, 3), np.uint16), np.zeros((*shape, 3), np.uint8)
    lent = np.zeros((*shape, len(LENDING)), np.uint16)
    for number, (kind, row, col, radius) in enumerate(cells, start=1):
        disc = draw_disc(shape, row, col, radius)
        pixels[disc] = LIGHT_OF[kind]
        numbers[disc, CELL_TYPES.index(kind)] = number
        if lends and kind in LENDING:
            lent[disc, LENDING.index(kind)] = number
    for kind in known:
        flags[..., CELL_TYPES.index(kind)] = Known.ALL
    return NumberedSmear(name, source, pixels, numbers, flags, lent, AS_IT_IS)


def bank_of(*smears):
    return fill_bank(smears, STANDARD, DIAMETER_PX, torch.device("cpu"))


def rng(seed=0):
    return np.random.default_rng(seed)
