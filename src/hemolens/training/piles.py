"""Piles of red cells with exact labels: isolated cells of a photograph laid over one another in chains.

Not one of the paper's steps. Photographs hold few piles of flat, like-coloured cells (rouleaux), and in those
there are, the networks merge neighbours; a pile that is put together has a known border everywhere. As in the
outlines that are drawn by hand, a covered cell is labelled only where it can be seen.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from hemolens.images.polygon import Ring, draw_polygon

EDGE_PX = 2
"""Thickness of a drawn outline, in pixels of the working scale."""

SMALLEST_CELL = 0.6
"""Isolated cells below this share of the median area are fragments, and not laid on piles."""

CELLS_OF_PILE = (2, 6)
"""Least number of cells in a chain, and one more than the greatest."""

STEP = (0.3, 1.0)
"""Distance from one cell of a chain to the next, in diameters."""

Planes = NDArray[np.uint8]


class CutOut(NamedTuple):
    """One isolated cell: pixels uint8 (h, w, 3), its filled outline uint8 (h, w), 0 or 255, and where it was."""

    pixels: Planes
    mask: Planes
    row: int = 0
    col: int = 0


class Laid(NamedTuple):
    """One cell as it was laid: where (slices of rows and columns), and what of it lies there, 0 or 255."""

    window: tuple[slice, slice]
    mask: Planes
    outline: Planes


@dataclass(frozen=True, eq=False)
class Piles:
    """What piles are made of: a photograph's isolated cells and the colour of its empty background."""

    cells: tuple[CutOut, ...]
    background: NDArray[np.float32]

    def lay(self, pixels: Planes, rng: np.random.Generator) -> tuple[Planes, list[Laid]]:
        """Lay one to three chains on a slice.

        Parameters
        ----------
        pixels : ndarray of uint8, shape (N, N, 3)
        rng : numpy.random.Generator

        Returns
        -------
        pixels : ndarray of uint8, shape (N, N, 3)
            A new array.
        laid : list of Laid
            The cells from the lowest to the highest.

        """
        pixels, laid = pixels.copy(), list[Laid]()
        if self.cells:
            for _ in range(int(rng.integers(1, 4))):
                laid += self._lay_chain(pixels, rng)
        return pixels, laid

    def _lay_chain(self, pixels: Planes, rng: np.random.Generator) -> Iterator[Laid]:
        row, col = rng.uniform(0, pixels.shape[0], 2)
        direction = rng.uniform(0, 2 * math.pi)
        pale_centre, see_through = rng.uniform(0, 1), rng.uniform(0, 0.8)
        for _ in range(int(rng.integers(*CELLS_OF_PILE))):
            cell = self.cells[int(rng.integers(len(self.cells)))]
            turned = _turn(flatten(cell, pale_centre), rng.uniform(0, 360), rng.uniform(0.85, 1.1))
            yield from self._lay_cell(pixels, turned, (round(row), round(col)), see_through)
            step = rng.uniform(*STEP) * math.sqrt(4 / math.pi * np.count_nonzero(turned.mask))
            direction += rng.normal(0, 0.3)
            row, col = row + step * math.sin(direction), col + step * math.cos(direction)

    def _lay_cell(self, pixels: Planes, cell: CutOut, centre: tuple[int, int], see_through: float) -> Iterator[Laid]:
        """Lay one cell on top, unless it falls beside the slice."""
        top, left = centre[0] - cell.mask.shape[0] // 2, centre[1] - cell.mask.shape[1] // 2
        here, there = (
            _common(top, cell.mask.shape[0], pixels.shape[0]),
            _common(left, cell.mask.shape[1], pixels.shape[1]),
        )
        if here is None or there is None:
            return
        onto, source = (here[0], there[0]), (here[1], there[1])
        under, over, mask = pixels[onto].astype(np.float32), cell.pixels[source].astype(np.float32), cell.mask[source]
        through = np.minimum(over * under / self.background, 255)
        colour = see_through * through + (1 - see_through) * over
        opacity = cv2.GaussianBlur(cell.mask, (0, 0), 0.8)[source][..., None].astype(np.float32) / 255
        pixels[onto] = np.round(opacity * colour + (1 - opacity) * under).astype(np.uint8)
        yield Laid(onto, mask, _outline(cell.mask)[source])


def cover(targets: Planes, laid: Iterable[Laid]) -> Planes:
    """Mask and edge, shape (2, H, W), 0 or 255, with cells laid on them.

    What a cell covers is no longer labelled, its own outline is.
    """
    targets = targets.copy()
    for window, mask, outline in laid:
        targets[(0, *window)] |= mask
        targets[(1, *window)] = np.where(mask > 0, outline, targets[(1, *window)] | outline)
    return targets


def cut_out_cells(pixels: Planes, outlines: Sequence[Ring]) -> tuple[CutOut, ...]:
    """Cut out the cells that touch no other and not the frame.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
    outlines : sequence of Ring
        Cut out along the pixels that their corners lie in.

    """
    height, width = pixels.shape[:2]
    filled = np.zeros((height, width), np.uint8)
    vertices = [np.rint(ring - 0.5).astype(np.int32) for ring in outlines]
    for points in vertices:
        draw_polygon(filled, points + 0.5, 255)
    around = cv2.dilate(filled, np.ones((3, 3), np.uint8))
    _, labels = cv2.connectedComponents(around)
    component = [
        int(labels[min(max(points[0, 1], 0), height - 1), min(max(points[0, 0], 0), width - 1)]) for points in vertices
    ]
    n_outlines = np.bincount(component, minlength=1)
    smallest = SMALLEST_CELL * float(np.median([cv2.contourArea(points) for points in vertices])) if vertices else 0
    cells = []
    for points, label in zip(vertices, component, strict=True):
        (left, top), (right, bottom) = points.min(axis=0) - 4, points.max(axis=0) + 5
        inside = top >= 0 and left >= 0 and bottom <= height and right <= width
        if n_outlines[label] == 1 and inside and cv2.contourArea(points) >= smallest:
            mask = np.zeros((bottom - top, right - left), np.uint8)
            draw_polygon(mask, points - (left, top) + 0.5, 255)
            cells.append(CutOut(pixels[top:bottom, left:right].copy(), mask, int(top), int(left)))
    return tuple(cells)


def touching_weights(mask: Planes, edge: Planes, touching_weight: float) -> Planes:
    """Loss weights of mask and edge, shape (2, H, W): more on borders between cells and in narrow gaps."""
    cells = cv2.bitwise_or(mask, edge)
    inner = cv2.distanceTransform(cells, cv2.DIST_L2, 3) > 2 * EDGE_PX + 0.5
    between = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7)))
    weights = np.ones((2, *mask.shape), np.uint8)
    weights[0][(between > 0) & (mask == 0)] = round(touching_weight)
    weights[1][(edge > 0) & inner] = round(touching_weight)
    return weights


def flatten(cell: CutOut, pale_centre: float) -> CutOut:
    """Take away the coarse shading (the pale centre), down to a share ``pale_centre`` of it."""
    inside = (cell.mask > 0).astype(np.float32)
    sigma = cell.mask.shape[0] / 8
    colours = cell.pixels.astype(np.float32)
    total = np.asarray(cv2.GaussianBlur(colours * inside[..., None], (0, 0), sigma))
    shading = total / np.maximum(cv2.GaussianBlur(inside, (0, 0), sigma), 1e-3)[..., None]
    mean = colours[cell.mask > 0].mean(axis=0)
    flat = np.clip(colours - (1 - pale_centre) * (shading - mean), 0, 255)
    return CutOut(np.round(flat).astype(np.uint8), cell.mask)


def _turn(cell: CutOut, degrees: float, zoom: float) -> CutOut:
    height, width = cell.mask.shape
    side = math.ceil(math.hypot(height, width) * max(zoom, 1)) + 4
    turn = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), degrees, zoom)
    turn[:, 2] += (side - width) / 2, (side - height) / 2
    pixels = cv2.warpAffine(cell.pixels, turn, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.warpAffine(cell.mask, turn, (side, side), flags=cv2.INTER_LINEAR)
    return CutOut(pixels.astype(np.uint8), np.where(mask > 127, 255, 0).astype(np.uint8))


def _outline(mask: Planes) -> Planes:
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    drawn = np.zeros_like(mask)
    cv2.drawContours(drawn, contours, -1, 255, EDGE_PX)
    return drawn


def _common(start: int, length: int, limit: int) -> tuple[slice, slice] | None:
    """The part of ``start … start + length`` within ``0 … limit``, as a slice of each; None if there is none."""
    first, last = max(start, 0), min(start + length, limit)
    return (slice(first, last), slice(first - start, last - start)) if last > first else None
