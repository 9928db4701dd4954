"""What another slide, stain, microscope, camera and file make of a crop: changed for a whole batch, on any device.

Stain is changed in absorbance (Beer-Lambert law: o = −log10 of light ÷ light of the background), where dyes add up.
The network sees photographs whose red cells have standard absorbance, so what differs between laboratories is how
well that was measured, and how nuclei and platelets are stained relative to red cells: both are varied here.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from hemolens.cell_types import CELL_TYPES
from hemolens.training.cell_planes import N_NUMBERS, index_cells
from hemolens.training.config import SmearAugmentation
from hemolens.training.crops import Crops

Rng = np.random.Generator

N_GROUPS = 4
"""Blur and loss of quality are the same for a quarter of a batch: samples come in no order."""

_RED, _WHITE, _PLATELET = (CELL_TYPES.index(kind) for kind in ("rbc", "wbc", "plt"))


def change_appearance(crops: Crops, rng: Rng, settings: SmearAugmentation, background_level: float) -> Crops:
    """Change a batch of crops from the cells to the file.

    Parameters
    ----------
    crops : Crops
        In standard colours.
    rng : numpy.random.Generator
        The same state makes the same changes.
    settings : SmearAugmentation
    background_level : float
        Grey of the empty background.

    """
    torch_rng = torch.Generator(crops.pixels.device).manual_seed(int(rng.integers(2**62)))
    crops = crenate(crops, rng, torch_rng, settings)
    absorbance = -torch.log10(crops.pixels.clamp(min=1) / background_level)
    absorbance = change_red_cells(absorbance, crops.numbers[:, _RED], rng, torch_rng, settings)
    absorbance = change_dark_cells(absorbance, crops.numbers, rng, settings)
    absorbance = absorbance + draw_specks(crops.pixels, rng, settings)
    absorbance = change_stain(absorbance, rng, settings)
    light = background_level * 10 ** (-absorbance) * change_lamp(absorbance, rng, settings)
    pixels = change_focus(light.clamp(0, 255), rng, settings)
    pixels = add_grain(pixels, rng, torch_rng, settings).clamp(0, 255)
    return crops._replace(pixels=compress(pixels, rng, settings).round().clamp(0, 255))


def _each(values: np.ndarray, like: Tensor) -> Tensor:
    """One number for each crop (B,) or each channel of it (B, 3), to multiply a batch with."""
    flat = torch.from_numpy(np.asarray(values, np.float32)).to(like.device)
    return flat.view(*flat.shape, *(1,) * (4 - flat.ndim))


def _some(rng: Rng, n: int, share: float) -> np.ndarray:
    return rng.random(n) < share


def _log_uniform(rng: Rng, low: float, high: float, size: tuple[int, ...]) -> np.ndarray:
    return np.exp(rng.uniform(math.log(low), math.log(high), size))


def _smooth_noise(like: Tensor, n_channels: int, step_px: float, torch_rng: torch.Generator) -> Tensor:
    """Random field of standard deviation about 1 that changes over ``step_px``: (B, C, N, N)."""
    n_crops, side = like.shape[0], like.shape[-1]
    n = max(2, round(side / step_px))
    coarse = torch.randn((n_crops, n_channels, n, n), generator=torch_rng, device=like.device)
    return F.interpolate(coarse, size=(side, side), mode="bicubic", align_corners=False)


def crenate(crops: Crops, rng: Rng, torch_rng: torch.Generator, settings: SmearAugmentation) -> Crops:
    """Warp some crops and their labels by a fine random field: the outlines of their cells become jagged."""
    chosen = np.flatnonzero(_some(rng, len(crops.pixels), settings.crenated))
    if not len(chosen):
        return crops
    which = torch.from_numpy(chosen).to(crops.pixels.device)
    pixels, side = crops.pixels[which], crops.pixels.shape[-1]
    strength = _each(rng.uniform(0.5, 2.0, len(chosen)), pixels)
    shift = strength * _smooth_noise(pixels, 2, rng.uniform(4.5, 8.0), torch_rng)
    ramp = torch.arange(side, device=pixels.device, dtype=torch.float32)
    rows, cols = (ramp[:, None] + shift[:, 0]).clamp(0, side - 1), (ramp + shift[:, 1]).clamp(0, side - 1)
    grid = torch.stack([2 * cols / (side - 1) - 1, 2 * rows / (side - 1) - 1], -1)
    crops.pixels[which] = F.grid_sample(pixels, grid, padding_mode="border", align_corners=True)
    n = torch.arange(len(chosen), device=pixels.device)[:, None, None]
    at = n, slice(None), rows.round().long(), cols.round().long()
    for planes in (crops.numbers, crops.known):
        planes[which] = planes[which][at].permute(0, 3, 1, 2)
    return crops


def change_red_cells(
    absorbance: Tensor, numbers: Tensor, rng: Rng, torch_rng: torch.Generator, settings: SmearAugmentation
) -> Tensor:
    """Give single red cells an absorbance of their own, fill their pale centres and mottle them, on some crops."""
    n_crops = len(numbers)
    changed = _some(rng, n_crops, settings.own_absorbance)
    chance = torch.rand((2, n_crops, N_NUMBERS), generator=torch_rng, device=numbers.device)
    share = _each(np.where(changed, rng.uniform(0.3, 1, n_crops), 0), absorbance)[:, :, 0, 0]
    own = torch.where(chance[0] < share, 0.75 * 2.4 ** chance[1], 1.0)
    index, inside = index_cells(numbers.long()), (numbers > 0)[:, None]
    n_each = torch.zeros((n_crops + 1) * N_NUMBERS, device=numbers.device).index_add_(
        0, index, torch.ones(index.shape[0], device=numbers.device)
    )
    means = torch.stack(
        [
            torch.zeros_like(n_each).index_add_(0, index, absorbance[:, channel].flatten()) / n_each.clamp(min=1)
            for channel in range(3)
        ]
    )[:, index].view(3, *numbers.shape).transpose(0, 1)  # fmt: skip
    filled = _each(np.where(changed, rng.uniform(0, 1, n_crops), 0), absorbance)
    flat = torch.where(inside, absorbance + filled * (means - absorbance), absorbance)
    mottled = _each(np.where(changed, rng.uniform(0, 0.25, n_crops), 0), absorbance)
    factor = F.pad(own.flatten(), (0, N_NUMBERS), value=1.0)[index].view_as(numbers)[:, None]
    noise = 1 + mottled * _smooth_noise(absorbance, 1, 5, torch_rng)
    return torch.where(inside, flat * factor * noise, flat)


def change_dark_cells(absorbance: Tensor, numbers: Tensor, rng: Rng, settings: SmearAugmentation) -> Tensor:
    """Stain white cells and platelets stronger or fainter than they were, relative to the red cells."""
    n_crops = len(numbers)
    for plane in (_WHITE, _PLATELET):
        factors = np.where(
            _some(rng, n_crops, settings.dark_cells)[:, None],
            _log_uniform(rng, *settings.dark_cell_range, (n_crops, 1)) * _log_uniform(rng, 0.8, 1.25, (n_crops, 3)),
            1,
        )
        soft = F.avg_pool2d((numbers[:, plane : plane + 1] > 0).float(), 5, 1, 2)
        absorbance = absorbance * (1 + soft * (_each(factors, absorbance) - 1))
    return absorbance


def draw_specks(pixels: Tensor, rng: Rng, settings: SmearAugmentation) -> Tensor:
    """Dust, stain precipitate and parasites on some crops: dark specks far smaller than a platelet; absorbance."""
    n_crops, side = len(pixels), pixels.shape[-1]
    specks = torch.zeros_like(pixels)
    for n in np.flatnonzero(_some(rng, n_crops, settings.specks)):
        points = torch.zeros((1, 1, side, side), device=pixels.device)
        n_specks = int(rng.integers(3, 60))
        at = torch.from_numpy(rng.integers(0, side, (2, n_specks))).to(pixels.device)
        points[0, 0, at[0], at[1]] = torch.from_numpy(rng.uniform(0.2, 0.9, n_specks).astype(np.float32)).to(
            pixels.device
        )
        sigma = rng.uniform(0.4, 1.3)
        spread = _blur(points, sigma) * (2 * math.pi * sigma**2 + 1)
        specks[n] = spread[0] * _each(rng.uniform(0.5, 1.0, (1, 3)), pixels)[0]
    return specks


def change_stain(absorbance: Tensor, rng: Rng, settings: SmearAugmentation) -> Tensor:
    """Change all stain of a crop: its strength in each channel, a mixing of channels, towards grey."""
    n_crops = len(absorbance)
    usual, wide = settings.stain, settings.wide_stain
    factors = np.where(
        _some(rng, n_crops, settings.wide_share)[:, None],
        _log_uniform(rng, *wide, (n_crops, 1)) * _log_uniform(rng, 0.7, 1.4, (n_crops, 3)),
        _log_uniform(rng, *usual, (n_crops, 3)),
    )
    spread = np.where(_some(rng, n_crops, 0.15), settings.strong_cross_talk, settings.cross_talk)
    mixing = np.eye(3) + spread[:, None, None] * rng.standard_normal((n_crops, 3, 3))
    grey = np.where(_some(rng, n_crops, settings.near_grey), rng.uniform(0.6, 1, n_crops), 0)
    mixing = (1 - grey)[:, None, None] * mixing + grey[:, None, None] * np.full((3, 3), 1 / 3)
    matrix = torch.from_numpy((mixing * factors[:, None, :]).astype(np.float32)).to(absorbance.device)
    return torch.einsum("bij,bjhw->bihw", matrix, absorbance)


def change_lamp(like: Tensor, rng: Rng, settings: SmearAugmentation) -> Tensor:
    """Factor of the light: channel by channel, and falling off to one side on some crops."""
    n_crops, side = len(like), like.shape[-1]
    gains = _each(rng.uniform(1 - settings.gain, 1 + settings.gain, (n_crops, 3)), like)
    fall = rng.uniform(-settings.fall_off, settings.fall_off, (n_crops, 2))
    slopes = np.where(_some(rng, n_crops, 0.25)[:, None], fall, 0)
    ramp = torch.linspace(-1, 1, side, device=like.device)
    down, across = (_each(slopes[:, axis], like) for axis in (0, 1))
    return gains * (1 + down * ramp[:, None] + across * ramp)


def change_focus(pixels: Tensor, rng: Rng, settings: SmearAugmentation) -> Tensor:
    """Blur some crops, sharpen others, and take fine detail from others by reducing and enlarging them."""
    changed = []
    for crops in pixels.chunk(N_GROUPS):
        chance, group = rng.random(), crops
        if chance < 0.45:
            group = _blur(crops, rng.uniform(0.1, settings.blur_px))
        elif chance < 0.55:
            group = crops + rng.uniform(0.3, 1.5) * (crops - _blur(crops, rng.uniform(0.7, 2.0)))
        if rng.random() < 0.4:
            small = F.interpolate(
                group, scale_factor=rng.uniform(*settings.quality), mode="bilinear", antialias=True, align_corners=False
            )
            group = F.interpolate(small, size=group.shape[-2:], mode="bilinear", align_corners=False)
        changed.append(group)
    return torch.cat(changed).clamp(0, 255)


def _blur(pictures: Tensor, sigma_px: float) -> Tensor:
    reach = max(1, math.ceil(3 * sigma_px))
    ramp = torch.arange(-reach, reach + 1, device=pictures.device, dtype=torch.float32)
    kernel = torch.exp(-(ramp**2) / (2 * sigma_px**2))
    kernel = kernel / kernel.sum()
    flat = pictures.reshape(-1, 1, *pictures.shape[-2:])
    padded = F.pad(flat, (reach,) * 4, mode="reflect")
    across = F.conv2d(padded, kernel[None, None, None])
    return F.conv2d(across, kernel[None, None, :, None]).view_as(pictures)


def add_grain(pixels: Tensor, rng: Rng, torch_rng: torch.Generator, settings: SmearAugmentation) -> Tensor:
    """Add noise, the same for all channels in part, coarser than a pixel on some crops."""
    n_crops = len(pixels)
    deviation = _each(rng.uniform(0, settings.noise, n_crops) * _some(rng, n_crops, 0.7), pixels)
    grain = torch.randn(pixels.shape, generator=torch_rng, device=pixels.device)
    if rng.random() < 0.3:
        grain = F.avg_pool2d(grain, 3, 1, 1) * 2.5
    return pixels + deviation * grain


_LUMA_TABLE = (
    (16, 11, 10, 16, 24, 40, 51, 61), (12, 12, 14, 19, 26, 58, 60, 55), (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62), (18, 22, 37, 56, 68, 109, 103, 77), (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101), (72, 92, 95, 98, 112, 100, 103, 99),
)  # fmt: skip
"""Steps of quality 50 for luminance (ITU-T T.81, table K.1); for colours, twice as coarse."""

_TO_YCC = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))


def compress(pixels: Tensor, rng: Rng, settings: SmearAugmentation) -> Tensor:
    """Lose on half of the crops what JPEG compression loses (ITU-T T.81), colours at half the resolution.

    A side that is no multiple of 16 is made one for it by repeating the last pixel, as encoders do.
    """
    n_crops, device = len(pixels), pixels.device
    chosen = np.flatnonzero(_some(rng, n_crops, 0.5))
    if not len(chosen):
        return pixels
    which = torch.from_numpy(chosen).to(device)
    quality = rng.uniform(settings.jpeg_quality, 96, len(chosen))
    scale = _each(np.where(quality < 50, 50 / quality, 2 - quality / 50), pixels)[..., None, None]
    to_ycc = torch.tensor(_TO_YCC, device=device)
    height, width = pixels.shape[-2:]
    whole = F.pad(pixels[which], (0, -width % 16, 0, -height % 16), mode="replicate")
    picture = torch.einsum("ij,bjhw->bihw", to_ycc, whole) - torch.tensor([128.0, 0, 0], device=device).view(3, 1, 1)
    table = torch.tensor(_LUMA_TABLE, device=device, dtype=torch.float32)
    luma = _quantise(picture[:, :1], table * scale)
    small = F.avg_pool2d(picture[:, 1:], 2)
    colours = F.interpolate(_quantise(small, 2 * table * scale), scale_factor=2, mode="bilinear", align_corners=False)
    picture = torch.cat([luma, colours], 1) + torch.tensor([128.0, 0, 0], device=device).view(3, 1, 1)
    pixels = pixels.clone()
    pixels[which] = torch.einsum("ij,bjhw->bihw", torch.linalg.inv(to_ycc), picture)[..., :height, :width]
    return pixels


def _quantise(planes: Tensor, steps: Tensor) -> Tensor:
    """Round the cosine transform of blocks of 8 × 8 to multiples of steps; sides are multiples of 8."""
    n = torch.arange(8, device=planes.device, dtype=torch.float32)
    basis = torch.cos(math.pi / 8 * (n + 0.5) * n[:, None]) / 2
    basis[0] /= math.sqrt(2)
    n_crops, n_planes, height, width = planes.shape
    blocks = planes.view(n_crops, n_planes, height // 8, 8, width // 8, 8).permute(0, 1, 2, 4, 3, 5)
    waves = basis @ blocks @ basis.T
    steps = steps.view(-1, 1, 1, 1, 8, 8).clamp(min=1)
    back = basis.T @ (torch.round(waves / steps) * steps) @ basis
    return back.permute(0, 1, 2, 4, 3, 5).reshape(planes.shape)
