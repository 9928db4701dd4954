"""Photographs with numbered cells of all three types: what the one-pass network is trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from hemolens.config import CellType
from hemolens.tiles import mirror_index
from hemolens.training.cell_planes import EDGE_PX, PLANES, Known, NumberedCells, draw_plane, neighbourhood
from hemolens.training.piles import Laid, Piles

Slice = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]


@dataclass(frozen=True, eq=False)
class LabelledSmear:
    """A photograph at the working scale and what is known of its cells.

    Attributes
    ----------
    name : str
    pixels : ndarray of uint8, shape (H, W, 3)
    cells : mapping of cell type to NumberedCells
        A type that is not in it is unknown, not absent.
    red_cell_diameter_px : float
    outputs : tuple of str
        Names of the planes to draw, such as ``rbc.mask``.
    touching_weight : float
        Loss weight of the border between touching cells.
    platelet_weight : float
        Loss weight of the platelets.
    share : float
        How often this photograph is drawn, relative to others.
    piles : mapping of cell type to Piles
        What piles of its cells can be made of.

    """

    name: str
    pixels: NDArray[np.uint8]
    cells: Mapping[CellType, NumberedCells]
    red_cell_diameter_px: float
    outputs: tuple[str, ...]
    touching_weight: float = 1.0
    platelet_weight: float = 1.0
    share: float = 1.0
    piles: Mapping[CellType, Piles] = field(default_factory=dict)

    def take_slice(self, row: int, col: int, side: int, rng: np.random.Generator, piles: float) -> Slice:
        """Take a square slice: pixels, targets (K, N, N) 0 … 255, and loss weights, 0 where nothing is known.

        Beyond the frame the picture is mirrored and nothing is known. With probability ``piles``, piles of the
        cells that this photograph can lend are laid on it.
        """
        height, width = self.pixels.shape[:2]
        rows, cols = np.arange(row, row + side), np.arange(col, col + side)
        down, across = np.ix_(mirror_index(rows, height), mirror_index(cols, width))
        pixels = self.pixels[down, across]
        beyond = ((rows < 0) | (rows >= height))[:, None] | (cols < 0) | (cols >= width)
        cells = {
            kind: NumberedCells(each.numbers[down, across], np.where(beyond, 0, each.known[down, across]))
            for kind, each in self.cells.items()
        }
        for kind, own in self.piles.items():
            if rng.random() < piles:
                pixels, laid = own.lay(pixels, rng)
                cells = lay_numbers(cells, kind, laid)
        return pixels, *self._draw(cells, (side, side))

    def _draw(
        self, cells: Mapping[CellType, NumberedCells], shape: tuple[int, int]
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        targets = np.zeros((len(self.outputs), *shape), np.uint8)
        weights = np.zeros((len(self.outputs), *shape), np.uint8)
        for channel, output in enumerate(self.outputs):
            name, _, plane = output.partition(".")
            for own in (each for kind, each in cells.items() if kind == name):
                targets[channel] = draw_plane(plane, own.numbers, self.red_cell_diameter_px)
                weights[channel] = (own.known & PLANES[plane]) > 0
                if plane == "edge":
                    weights[channel][between_cells(own.numbers)] *= round(self.touching_weight)
                elif name == "plt":
                    weights[channel][own.numbers > 0] *= round(self.platelet_weight)
        return targets, weights


def lay_numbers(
    cells: Mapping[CellType, NumberedCells], kind: CellType, laid: Sequence[Laid]
) -> dict[CellType, NumberedCells]:
    """Number the cells that were laid; what they cover, of any type, is no longer there."""
    after = {each: NumberedCells(own.numbers.copy(), own.known.copy()) for each, own in cells.items()}
    first = int(after[kind].numbers.max(initial=0)) + 1
    for number, (window, mask, _) in enumerate(laid, start=first):
        for each, own in after.items():
            own.numbers[window][mask > 0] = number if each == kind else 0
        after[kind].known[window][mask > 0] = Known.ALL
    return after


def between_cells(numbers: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Pixels of the edge between two cells that touch."""
    near = neighbourhood(EDGE_PX)
    highest = cv2.dilate(numbers, near)
    lowest = cv2.erode(np.where(numbers == 0, np.uint16(65535), numbers), near)
    return np.asarray((lowest != 65535) & (highest != lowest))
