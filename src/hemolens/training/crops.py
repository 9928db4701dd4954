"""Crops of smears, a whole batch at a time and on any device: chosen, turned, zoomed, with cells laid on them.

Photographs hold few piles of flat, like-coloured red cells (rouleaux), and few groups of touching white cells; a pile
that is put together has a known border everywhere. As in the outlines that are drawn by hand, a covered cell is
labelled only where it can be seen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.training.cell_planes import FIRST_LAID, Known
from hemolens.training.config import SmearAugmentation
from hemolens.training.smear_bank import CutOuts, SmearBank

Rng = np.random.Generator
Lent = Mapping[CellType, Mapping[str, NDArray[np.intp]]]


class Crops(NamedTuple):
    """A batch of crops.

    ``pixels`` float32 (B, 3, N, N), 0 … 255; ``numbers`` int16 and ``known`` uint8, both (B, 3, N, N), one plane for
    each cell type: numbers of cells and flags of :class:`~.cell_planes.Known`.
    """

    pixels: Tensor
    numbers: Tensor
    known: Tensor


class Chains(NamedTuple):
    """How the cells of one type are laid: groups of them, one after another."""

    share_of: str
    """The field of the augmentation that says on how many crops."""
    n_chains: tuple[int, int]
    n_cells: tuple[int, int]
    """Least number, and one more than the greatest."""
    step: tuple[float, float]
    """From one cell to the next, in its diameters."""
    see_through: float
    """Largest share of what lies below that can be seen."""


CHAINS: dict[CellType, Chains] = {
    "rbc": Chains("piles", (1, 4), (2, 6), (0.3, 1.0), 0.8),
    "wbc": Chains("white_groups", (1, 2), (1, 4), (0.75, 1.1), 0.2),
}


def draw_crops(
    bank: SmearBank, shares: NDArray[np.float64], lent: Lent, rng: Rng, settings: SmearAugmentation, *, n_crops: int,
    side_px: int,
) -> Crops:  # fmt: skip
    """Draw a batch of crops.

    Parameters
    ----------
    bank : SmearBank
    shares : ndarray of float64, shape (S,)
        How often each photograph of the bank is drawn; their sum is 1.
    lent : mapping of CellType to mapping of str to ndarray of int
        Which cut-outs of each source may be pasted, as by :func:`lenders`.
    rng : numpy.random.Generator
        The same state draws the same crops.
    settings : SmearAugmentation
    n_crops, side_px : int
        B and N.

    """
    chosen = rng.choice(len(shares), n_crops, p=shares)
    zooms = rng.uniform(*settings.zoom, n_crops)
    crops = look_up(bank, chosen, choose_places(bank, chosen, zooms * side_px, rng, settings), zooms, rng, side_px)
    for kind, own in lent.items():
        crops = lay_chains(crops, bank, own, chosen, zooms, kind, rng, settings)
    return crops


def lenders(bank: SmearBank, shares: NDArray[np.float64]) -> Lent:
    """Which cut-outs of each source may be pasted; those of photographs that are not drawn are left out."""
    lent = {}
    for kind, cut_outs in bank.cut_outs.items():
        drawn, sources = shares[cut_outs.smears] > 0, np.array(bank.sources)[cut_outs.smears]
        lent[kind] = {str(source): np.flatnonzero(drawn & (sources == source)) for source in np.unique(sources[drawn])}
    return lent


def choose_places(
    bank: SmearBank, chosen: NDArray[np.intp], sides_px: NDArray[np.float64], rng: Rng, settings: SmearAugmentation
) -> NDArray[np.float64]:
    """Choose the middle of each crop, (B, 2): anywhere, or near a rare cell; mostly within the photograph."""
    middles = np.empty((len(chosen), 2))
    for n, (smear, side) in enumerate(zip(chosen, sides_px, strict=True)):
        places, shape = bank.places[smear], bank.shapes[smear]
        if places and rng.random() < settings.focused:
            kinds = list(places)
            own = places[kinds[int(rng.integers(len(kinds)))]]
            middle = own[int(rng.integers(len(own)))] + rng.uniform(-0.4, 0.4, 2) * side
        else:
            middle = rng.uniform(0, 1, 2) * shape
        rim = np.minimum(0.45 * side, shape / 2)
        middles[n] = np.clip(middle, rim, shape - rim)
    return middles


def look_up(
    bank: SmearBank, chosen: NDArray[np.intp], middles: NDArray[np.float64], zooms: NDArray[np.float64], rng: Rng,
    side_px: int,
) -> Crops:  # fmt: skip
    """Take crops out of the photographs, turned by any angle and mirrored in half of the cases.

    Beyond the frame a photograph is mirrored, and nothing is known.
    """
    n_crops, device = len(chosen), bank.device
    angles, mirrors = rng.uniform(0, 2 * np.pi, n_crops), rng.choice([-1.0, 1.0], n_crops)
    across, down = zooms * np.cos(angles), zooms * np.sin(angles)
    axes = torch.arange(side_px, device=device, dtype=torch.float32) - (side_px - 1) / 2
    rows, cols = axes[:, None], axes[None, :]
    row = _column(middles[:, 0] - 0.5, device) + _column(across, device) * rows + _column(down * mirrors, device) * cols
    col = _column(middles[:, 1] - 0.5, device) - _column(down, device) * rows + _column(across * mirrors, device) * cols
    shapes = torch.from_numpy(bank.shapes[chosen]).to(device)
    starts = torch.from_numpy(bank.starts[chosen]).to(device)[:, None, None]
    heights, widths = shapes[:, 0, None, None], shapes[:, 1, None, None]

    def at(rows: Tensor, cols: Tensor) -> Tensor:
        return starts + _mirrored(rows, heights) * widths + _mirrored(cols, widths)

    nearest_row, nearest_col = row.round().long(), col.round().long()
    nearest = at(nearest_row, nearest_col)
    inside = (nearest_row >= 0) & (nearest_row < heights) & (nearest_col >= 0) & (nearest_col < widths)
    top, left = row.floor(), col.floor()
    part_row, part_col = (row - top)[..., None], (col - left)[..., None]
    top, left = top.long(), left.long()
    pixels = torch.zeros((*row.shape, 3), device=device)
    for below in (0, 1):
        for right in (0, 1):
            weight = (part_row if below else 1 - part_row) * (part_col if right else 1 - part_col)
            pixels += weight * bank.pixels[at(top + below, left + right)]
    numbers, known = bank.numbers[nearest], bank.known[nearest] * inside[..., None]
    planes = (each.permute(0, 3, 1, 2).contiguous() for each in (pixels, numbers, known))
    return Crops(*planes)


def _column(values: NDArray[np.float64], device: torch.device) -> Tensor:
    return torch.from_numpy(values.astype(np.float32)).to(device)[:, None, None]


def _mirrored(index: Tensor, length: Tensor) -> Tensor:
    """Bring indices into 0 … length − 1 by reflection at the frame."""
    wrapped = torch.remainder(index, 2 * length)
    return torch.where(wrapped < length, wrapped, 2 * length - 1 - wrapped)


class _Laid(NamedTuple):
    """One cell for each of some crops."""

    crop: NDArray[np.intp]
    cut_out: NDArray[np.intp]
    middle: NDArray[np.float64]
    angle: NDArray[np.float64]
    zoom: NDArray[np.float64]
    see_through: NDArray[np.float64]
    pale_centre: NDArray[np.float64]


def lay_chains(
    crops: Crops, bank: SmearBank, lent: Mapping[str, NDArray[np.intp]], chosen: NDArray[np.intp],
    zooms: NDArray[np.float64], kind: CellType, rng: Rng, settings: SmearAugmentation,
) -> Crops:  # fmt: skip
    """Lay chains of cells of one type on some of the crops on which that type is labelled."""
    chains, cut_outs = CHAINS[kind], bank.cut_outs[kind]
    plan: list[list[tuple[float, ...]]] = []
    for n, smear in enumerate(chosen):
        own = lent.get(bank.sources[smear])
        if own is not None and rng.random() < getattr(settings, chains.share_of):
            chain = _plan_chains(chains, cut_outs, own, crops.pixels.shape[-1], zooms[n], rng)
            for layer, cell in enumerate(chain):
                if layer == len(plan):
                    plan.append([])
                plan[layer].append((n, *cell))
    if not plan:
        return crops
    labelled = (crops.known[:, CELL_TYPES.index(kind)] > 0).flatten(1).any(1)
    rim = cut_outs.pixels.shape[-1]  # cells may hang over the frame by so much
    wide = Crops(*(F.pad(planes, (rim,) * 4) for planes in crops))
    for layer, cells in enumerate(plan):
        columns = np.array(cells).T
        laid = _Laid(columns[0].astype(np.intp), columns[1].astype(np.intp), columns[2:4].T, *columns[4:])
        lay_cells(wide, cut_outs, laid, kind, FIRST_LAID + layer, labelled, bank.background_level)
    return Crops(*(planes[..., rim:-rim, rim:-rim].contiguous() for planes in wide))


def _plan_chains(
    chains: Chains, cut_outs: CutOuts, lent: NDArray[np.intp], side_px: int, zoom: float, rng: Rng
) -> Iterator[tuple[float, ...]]:
    """Cut-out, row, column, angle, zoom, see-through and pale centre of each cell, from the lowest to the highest."""
    for _ in range(int(rng.integers(*chains.n_chains))):
        row, col = rng.uniform(0, side_px, 2)
        direction, pale_centre, see_through = rng.uniform(0, 2 * math.pi), rng.random(), rng.random()
        for _ in range(int(rng.integers(*chains.n_cells))):
            cut_out, own_zoom = lent[int(rng.integers(len(lent)))], rng.uniform(0.85, 1.1) / zoom
            yield (
                cut_out,
                row,
                col,
                rng.uniform(0, 2 * math.pi),
                own_zoom,
                see_through * chains.see_through,
                pale_centre,
            )
            step = rng.uniform(*chains.step) * float(cut_outs.diameters_px[cut_out]) * own_zoom
            direction += rng.normal(0, 0.3)
            row, col = row + step * math.sin(direction), col + step * math.cos(direction)


def lay_cells(
    crops: Crops, cut_outs: CutOuts, laid: _Laid, kind: CellType, number: int, labelled: Tensor, background: float
) -> None:
    """Lay one cell on each of some crops, in place; what it covers is no longer labelled, and it has this number.

    The crops have a rim around them that is as wide as a cut-out. On those where nothing is known of the type (see
    ``labelled``, bool (B,)) nothing changes.
    """
    device = crops.pixels.device
    crop, ids = (torch.from_numpy(own).to(device) for own in (laid.crop, laid.cut_out))
    patch = _turn(cut_outs, ids, laid, device)
    size, side = patch.shape[-1], crops.pixels.shape[-1]
    first = np.clip(np.floor(laid.middle).astype(np.int64) + size // 2, 0, side - size)
    ramp = torch.arange(size, device=device)
    rows, cols = (torch.from_numpy(own).to(device)[:, None, None] for own in first.T)
    at = crop[:, None, None], slice(None), rows + ramp[:, None], cols + ramp
    colours = patch[:, :3].permute(0, 2, 3, 1)
    is_labelled = labelled[crop][:, None, None]
    opacity = (patch[:, 3] * is_labelled)[..., None]
    through = torch.from_numpy(laid.see_through.astype(np.float32)).to(device)[:, None, None, None]
    under = crops.pixels[at]
    over = through * (colours * under / background).clamp(max=255) + (1 - through) * colours
    crops.pixels[at] = opacity * over + (1 - opacity) * under
    body = ((patch[:, 4] > 0.5) & is_labelled)[..., None]
    own = torch.zeros(3, dtype=torch.int16, device=device)
    own[CELL_TYPES.index(kind)] = number
    crops.numbers[at] = torch.where(body, own, crops.numbers[at])
    is_plane = own > 0
    crops.known[at] = torch.where(body & is_plane, int(Known.ALL), crops.known[at].int()).to(torch.uint8)


def _turn(cut_outs: CutOuts, ids: Tensor, laid: _Laid, device: torch.device) -> Tensor:
    """Turn and zoom cut-outs: colours 0 … 255, soft mask and mask 0 … 1, shape (n, 5, S, S)."""
    pale = torch.from_numpy(laid.pale_centre.astype(np.float32)).to(device)[:, None, None, None]
    colours = pale * cut_outs.pixels[ids] + (1 - pale) * cut_outs.flat[ids]
    mask = cut_outs.mask[ids].float() / 255
    soft = F.avg_pool2d(mask, 3, 1, 1)
    cos, sin = (torch.from_numpy((turn(laid.angle) / laid.zoom).astype(np.float32)) for turn in (np.cos, np.sin))
    nothing = torch.zeros_like(cos)
    turns = torch.stack([torch.stack([cos, -sin, nothing], 1), torch.stack([sin, cos, nothing], 1)], 1).to(device)
    planes = torch.cat([colours, soft, mask], 1)
    grid = F.affine_grid(turns, list(planes.shape), align_corners=False)
    return F.grid_sample(planes, grid, padding_mode="zeros", align_corners=False)
