"""Labelled smears on a device, ready to draw crops from: the photographs end to end, and the cells to paste.

The photographs have their standard colours here. Everything is a tensor, so that a batch of crops is a handful of
look-ups, on a graphics card as on a processor.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.errors import TrainingError
from hemolens.measurements.colours import StandardColours, standardise
from hemolens.training.cell_planes import LARGEST_NUMBER
from hemolens.training.piles import CutOut, flatten
from hemolens.training.smears import LENDING, NumberedSmear

PATCH_DIAMETERS: dict[CellType, float] = {"rbc": 1.6, "wbc": 2.8}
"""Side of the square that a cut-out cell must fit into, in red-cell diameters."""

MOST_CUT_OUTS = 2500
"""Of each source and type: an even choice of them."""

FOCUSED: tuple[CellType, ...] = ("wbc", "plt")
"""Types that are rare enough to look for when a place is chosen."""


@dataclass(frozen=True, eq=False)
class CutOuts:
    """Cells that can be laid on crops, each in the middle of a square.

    Attributes
    ----------
    pixels, flat : Tensor of uint8, shape (C, 3, S, S)
        The cell in standard colours; and without its coarse shading, as red cells in a pile have no pale centre.
    mask : Tensor of uint8, shape (C, 1, S, S)
        0 or 255.
    diameters_px : ndarray of float32, shape (C,)
        Of the disc of the same area.
    smears : ndarray of int, shape (C,)
        The photograph that each is from.

    """

    pixels: Tensor
    flat: Tensor
    mask: Tensor
    diameters_px: NDArray[np.float32]
    smears: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class SmearBank:
    """Smears on a device.

    Attributes
    ----------
    pixels : Tensor of uint8, shape (P, 3)
        All photographs, pixel after pixel.
    numbers : Tensor of int16, shape (P, 3)
    known : Tensor of uint8, shape (P, 3)
        As in :class:`~.smears.NumberedSmear`.
    starts : ndarray of int64, shape (S,)
        First pixel of each photograph.
    shapes : ndarray of int64, shape (S, 2)
        Rows and columns of each.
    names, sources : list of str
    has_cells : list of bool
        Whether any cell of each photograph is labelled.
    places : list of dict of CellType to ndarray of float32, shape (N, 2)
        Rows and columns of the rare cells of each photograph.
    cut_outs : dict of CellType to CutOuts
    red_cell_diameter_px, background_level : float

    """

    pixels: Tensor
    numbers: Tensor
    known: Tensor
    starts: NDArray[np.int64]
    shapes: NDArray[np.int64]
    names: list[str]
    sources: list[str]
    has_cells: list[bool]
    places: list[dict[CellType, NDArray[np.float32]]]
    cut_outs: dict[CellType, CutOuts]
    red_cell_diameter_px: float
    background_level: float

    @property
    def device(self) -> torch.device:
        """Where the tensors are."""
        return self.pixels.device


def fill_bank(
    smears: Sequence[NumberedSmear], colours: StandardColours, red_cell_diameter_px: float, device: torch.device
) -> SmearBank:
    """Put smears on a device.

    Parameters
    ----------
    smears : sequence of NumberedSmear
        At the working scale, at least one.
    colours : StandardColours
        The standard that their colours are normalised to.
    red_cell_diameter_px : float
        Of the working scale.
    device : torch.device

    Raises
    ------
    TrainingError
        If a photograph has too many cells.

    """
    n_pixels = [smear.pixels.shape[0] * smear.pixels.shape[1] for smear in smears]
    starts = np.concatenate([[0], np.cumsum(n_pixels)]).astype(np.int64)
    pixels = torch.empty((int(starts[-1]), 3), dtype=torch.uint8, device=device)
    numbers = torch.empty((int(starts[-1]), 3), dtype=torch.int16, device=device)
    known = torch.empty((int(starts[-1]), 3), dtype=torch.uint8, device=device)

    def put(n: int) -> dict[CellType, list[NDArray[np.uint8]]]:
        smear, start, end = smears[n], starts[n], starts[n + 1]
        if smear.numbers.max(initial=0) > LARGEST_NUMBER:
            raise TrainingError(
                "a photograph has too many cells to train on",
                came=f"{smear.name}: {smear.numbers.max()} of one type",
                allowed=f"at most {LARGEST_NUMBER}",
                do="cut it into several",
            )
        standard = standardise(smear.pixels, colours, smear.colours)
        pixels[start:end] = torch.from_numpy(standard.reshape(-1, 3))
        numbers[start:end] = torch.from_numpy(smear.numbers.reshape(-1, 3).astype(np.int16))
        known[start:end] = torch.from_numpy(smear.known.reshape(-1, 3))
        return {
            kind: _patches(standard, smear.lent[..., plane], round(PATCH_DIAMETERS[kind] * red_cell_diameter_px))
            for plane, kind in enumerate(LENDING)
        }

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        cut = list(pool.map(put, range(len(smears))))
    patches = {kind: [(n, patch) for n, own in enumerate(cut) for patch in own[kind]] for kind in LENDING}
    return SmearBank(
        pixels, numbers, known, starts[:-1], np.array([smear.pixels.shape[:2] for smear in smears], np.int64),
        [smear.name for smear in smears], [smear.source for smear in smears],
        [bool(smear.numbers.any()) for smear in smears], list(map(_places, smears)),
        {kind: _join(own, smears, device) for kind, own in patches.items() if own},
        red_cell_diameter_px, colours.background_level,
    )  # fmt: skip


def _patches(pixels: NDArray[np.uint8], lent: NDArray[np.uint16], side: int) -> list[NDArray[np.uint8]]:
    """Cut squares around numbered bodies, pixels and mask (S, S, 4); those that are too large are left out."""
    patches = []
    height, width = lent.shape
    for number, window in enumerate(ndimage.find_objects(lent), start=1):
        if window is None or max(axis.stop - axis.start for axis in window) > side - 4:
            continue
        row, col = ((axis.start + axis.stop - side) // 2 for axis in window)
        rows, cols = (
            np.clip(np.arange(row, row + side), 0, height - 1),
            np.clip(np.arange(col, col + side), 0, width - 1),
        )
        at = np.ix_(rows, cols)
        mask = np.where(lent[at] == number, 255, 0).astype(np.uint8)
        patches.append(np.dstack([pixels[at], mask]))
    return patches


def _join(
    patches: Sequence[tuple[int, NDArray[np.uint8]]], smears: Sequence[NumberedSmear], device: torch.device
) -> CutOuts:
    sources = np.array([smears[n].source for n, _ in patches])
    chosen = np.concatenate([_evenly(np.flatnonzero(sources == source)) for source in dict.fromkeys(sources)])
    stacked = np.stack([patches[n][1] for n in chosen])
    mask = stacked[..., 3]
    flat = np.stack([flatten(CutOut(each[..., :3], each[..., 3]), 0).pixels for each in stacked])
    return CutOuts(
        torch.from_numpy(stacked[..., :3]).permute(0, 3, 1, 2).contiguous().to(device),
        torch.from_numpy(flat).permute(0, 3, 1, 2).contiguous().to(device),
        torch.from_numpy(mask)[:, None].contiguous().to(device),
        np.sqrt(4 / np.pi * (mask > 0).sum((1, 2))).astype(np.float32),
        np.array([patches[n][0] for n in chosen]),
    )


def _evenly(indices: NDArray[np.intp]) -> NDArray[np.intp]:
    return indices[:: -(-len(indices) // MOST_CUT_OUTS)]


def _places(smear: NumberedSmear) -> dict[CellType, NDArray[np.float32]]:
    """Middles of the rare cells, those that nothing is known of left out."""
    places = {}
    for kind in FOCUSED:
        plane = CELL_TYPES.index(kind)
        rows, cols = np.nonzero((smear.numbers[..., plane] > 0) & (smear.known[..., plane] > 0))
        if not len(rows):
            continue
        own = smear.numbers[rows, cols, plane]
        n_each = np.bincount(own)
        is_cell = n_each > 0
        middles = [np.bincount(own, axis)[is_cell] / n_each[is_cell] for axis in (rows, cols)]
        places[kind] = np.stack(middles, 1).astype(np.float32)
    return places
