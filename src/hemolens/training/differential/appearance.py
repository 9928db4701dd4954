"""What another slide, stain, microscope, camera and file make of a crop around one cell.

A cell lies on its slide as it fell, so every turn and mirror image of it is as good; what a scale, a centre and an
outline are worth is varied, too. Stain, lamp, focus and file are those of :mod:`hemolens.training.appearance`.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from hemolens.training.appearance import add_grain, change_focus, change_lamp, change_stain, compress
from hemolens.training.config import SmearAugmentation

MOST_SHIFT = 0.12
"""Of half a side: how far a cell is from the middle of a crop at most."""

MOST_OUTLINE_PX = 3
"""How far an outline is moved in or out at most."""

MOST_TINT = 0.5
"""How far a dye's strength in one channel is from its strength in the others at most, as a natural logarithm."""

FRAMED = 0.12
"""Share of crops that are cut off on one side, as by the frame of a photograph; more than half of the cell is left."""


def change_crops(
    crops: Tensor, side_px: int, rng: np.random.Generator, settings: SmearAugmentation, background_level: float
) -> Tensor:
    """Turn, shift, zoom and change the appearance of a batch of crops.

    Parameters
    ----------
    crops : Tensor of uint8, shape (B, M, M, 4)
        RGB in standard colours, and the outline.
    side_px : int
        Side of the changed crops, a multiple of 16, at most M.
    rng : numpy.random.Generator
        The same state makes the same changes.
    settings : SmearAugmentation
    background_level : float
        Grey of the empty background.

    Returns
    -------
    Tensor of float32, shape (B, 4, side_px, side_px)
        0 … 255.

    """
    torch_rng = torch.Generator(crops.device).manual_seed(int(rng.integers(2**62)))
    turned = _turn(crops.permute(0, 3, 1, 2).float(), side_px, rng, settings.zoom)
    pixels, outline = turned[:, :3], _change_outline(turned[:, 3:], rng)
    beyond = _beyond_frame(len(crops), side_px, rng).to(crops.device)
    pixels, outline = torch.where(beyond, background_level, pixels), torch.where(beyond, 0.0, outline)
    absorbance = -torch.log10(pixels.clamp(min=1) / background_level)
    absorbance = change_dyes(absorbance, outline, rng, settings)
    absorbance = change_stain(absorbance, rng, settings)
    light = background_level * 10 ** (-absorbance) * change_lamp(absorbance, rng, settings)
    pixels = change_focus(light.clamp(0, 255), rng, settings)
    pixels = add_grain(pixels, rng, torch_rng, settings).clamp(0, 255)
    return torch.cat([compress(pixels, rng, settings).round().clamp(0, 255), outline], dim=1)


def change_dyes(absorbance: Tensor, outline: Tensor, rng: np.random.Generator, settings: SmearAugmentation) -> Tensor:
    """Stain the pale and the dark parts of some cells otherwise, relative to the red cells around them.

    One laboratory's eosin makes the granules of an eosinophil brick red, another's leaves them a little darker than the
    cytoplasm of a neutrophil, and how dark nuclei are is a matter of another dye: each has a factor of its own for each
    channel, and between the palest and the darkest of a cell the one passes into the other.

    Parameters
    ----------
    absorbance : Tensor of float32, shape (B, 3, S, S)
    outline : Tensor of float32, shape (B, 1, S, S)
        255 inside the cell.
    rng : numpy.random.Generator
    settings : SmearAugmentation
        ``dark_cells`` is the share of cells, ``dark_cell_range`` that of the factors.

    """
    n = len(absorbance)
    low, high = np.log(settings.dark_cell_range)
    powers = rng.uniform(low, high, (2, n, 1)) + rng.uniform(-MOST_TINT, MOST_TINT, (2, n, 3))
    powers *= (rng.random(n) < settings.dark_cells)[:, None]
    pale, dark = torch.from_numpy(powers.astype(np.float32)).to(absorbance.device)[..., None, None]
    inside = F.avg_pool2d(outline / 255, 5, 1, 2)
    strength = absorbance.clamp(min=0).mean(1, keepdim=True) * inside
    depth = strength / strength.amax((2, 3), keepdim=True).clamp(min=1e-3)
    return absorbance * torch.exp(inside * (pale + depth * (dark - pale)))


def make_others(crops: Tensor, rng: np.random.Generator, background_level: float) -> Tensor:
    """Make of crops around a cell what is no whole single cell.

    By turns: halves of two cells side by side; two cells that touch, in one outline; a piece of the surroundings, which
    shows red cells or nothing; a cell smeared in one direction; the lesser part of a cell that the frame of the
    photograph cuts.

    Parameters
    ----------
    crops : Tensor of uint8, shape (B, M, M, 4)
    rng : numpy.random.Generator
    background_level : float
        Grey of the empty background.

    Returns
    -------
    Tensor of uint8, shape (B, M, M, 4)

    """
    n, side = len(crops), crops.shape[1]
    shift = max(1, round(side * rng.uniform(0.15, 0.25)))
    others = torch.roll(crops, 1, dims=0)
    pairs = torch.cat(
        [torch.roll(crops, -shift, dims=2)[:, :, : side // 2], torch.roll(others, shift, dims=2)[:, :, side // 2 :]], 2
    )
    apart = int(rng.integers(side // 6, side // 4))
    left, right = torch.roll(crops, -apart, dims=2), torch.roll(others, apart, dims=2)
    touching = torch.minimum(left, right)  # of the darker, as light goes through both
    touching[..., 3] = torch.maximum(left[..., 3], right[..., 3])
    away = torch.roll(crops, (side // 2, side // 2), dims=(1, 2))
    away[..., 3] = torch.roll(others[..., 3], 1, dims=0)
    length = 2 * int(rng.integers(side // 12, side // 5)) + 1
    smeared = F.avg_pool2d(crops.permute(0, 3, 1, 2).float(), (3, length), 1, (1, length // 2)).permute(0, 2, 3, 1)
    cut = torch.roll(crops, side // 6, dims=2)  # what is left of the cell is in the middle, as everything that is found
    cut[:, :, side * 3 // 5 :, :3], cut[:, :, side * 3 // 5 :, 3] = round(background_level), 0
    which = torch.from_numpy(rng.integers(0, 5, n)).view(1, -1, 1, 1, 1).to(crops.device)
    made = torch.stack([pairs, touching, away, smeared.round().to(torch.uint8), cut])
    return torch.take_along_dim(made, which, 0)[0]


def _beyond_frame(n: int, side_px: int, rng: np.random.Generator) -> Tensor:
    """Choose what lies beyond the frame of a photograph on a share of crops: bool, shape (n, 1, side_px, side_px)."""
    reach = np.where(rng.random(n) < FRAMED, rng.uniform(0.1, 0.6, n), 2.0).astype(np.float32)
    ramp = torch.linspace(-1, 1, side_px)
    across = ramp.view(1, 1, 1, -1).expand(n, 1, side_px, side_px)
    turned = torch.where(torch.from_numpy(rng.random(n) < 0.5).view(-1, 1, 1, 1), across, across.transpose(2, 3))
    return turned > torch.from_numpy(reach).view(-1, 1, 1, 1)


def middle(crops: Tensor, side_px: int) -> Tensor:
    """Cut the middle out of crops, unchanged: uint8, shape (B, M, M, 4) to float32, shape (B, 4, side_px, side_px)."""
    first = (crops.shape[1] - side_px) // 2
    return crops[:, first : first + side_px, first : first + side_px].permute(0, 3, 1, 2).float()


def _turn(crops: Tensor, side_px: int, rng: np.random.Generator, zoom: tuple[float, float]) -> Tensor:
    n = len(crops)
    angle = rng.uniform(0, 2 * math.pi, n)
    reach = side_px / crops.shape[-1] * np.exp(rng.uniform(math.log(zoom[0]), math.log(zoom[1]), n))
    mirrored = np.where(rng.random(n) < 0.5, -1.0, 1.0)
    shift = rng.uniform(-MOST_SHIFT, MOST_SHIFT, (2, n))
    rows = [
        np.stack([reach * mirrored * np.cos(angle), -reach * np.sin(angle), shift[0]], axis=1),
        np.stack([reach * mirrored * np.sin(angle), reach * np.cos(angle), shift[1]], axis=1),
    ]
    matrix = torch.from_numpy(np.stack(rows, axis=1).astype(np.float32)).to(crops.device)
    grid = F.affine_grid(matrix, [n, crops.shape[1], side_px, side_px], align_corners=False)
    return F.grid_sample(crops, grid, mode="bilinear", padding_mode="reflection", align_corners=False)


def _change_outline(outline: Tensor, rng: np.random.Generator) -> Tensor:
    """Move the outlines of a batch in or out, crop by crop, and make their corners round."""
    reach = int(rng.integers(0, MOST_OUTLINE_PX + 1))
    soft = F.avg_pool2d(outline, 2 * reach + 1, 1, reach)
    levels = torch.from_numpy(rng.uniform(0.15, 0.85, (len(outline), 1, 1, 1)).astype(np.float32)).to(outline.device)
    return torch.where(soft > 255 * levels, 255.0, 0.0)
