"""Numbered cells → what a network of every type is taught of them: mask, edge, distance, centre, density, weights.

A picture of numbers says which pixel belongs to which cell; a picture of flags beside it says where which of the
planes is known, since many labels (boxes, joined masks) tell less than an outline does. Planes are drawn for a whole
batch at a time, on any device.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from hemolens.cell_types import CELL_TYPES
from hemolens.training.config import PlaneWeights

CENTRE_SIGMA = 0.09
"""Standard deviation of the peak that is drawn on a centre, in red-cell diameters."""

DENSITY_SIGMA = 0.15
"""Standard deviation of what a cell adds to the density, in red-cell diameters."""

EDGE_PX = 2
"""Width of an edge on each side of a border: between touching cells it is twice as wide."""

DEEP = 0.75
"""The centre of a cell is the mean of its pixels that lie at least this deep, of its greatest depth."""

N_NUMBERS = 4096
FIRST_LAID = 4000
"""Cells that are laid on a crop are numbered from here."""

LARGEST_NUMBER = FIRST_LAID - 1
"""Of the cells of a photograph."""

DEEPEST = 0.9
"""Depths beyond this are drawn as this, in red-cell diameters: no cell is so wide."""

NEAR_BORDER_PX = 4
"""Depth and centre count for more within this of the border between touching cells."""


class Known(IntFlag):
    """What is known at a pixel."""

    NOTHING = 0
    MASK = 1
    EDGE = 2
    DISTANCE = 4
    CENTRE = 8
    ALL = 15


PLANES: dict[str, Known] = {
    "mask": Known.MASK,
    "edge": Known.EDGE,
    "distance": Known.DISTANCE,
    "centre": Known.CENTRE,
    "density": Known.CENTRE,
}
"""The planes by name, and the flag that says where each is known."""


@dataclass(frozen=True, eq=False)
class NumberedCells:
    """The cells of one type on a photograph.

    Attributes
    ----------
    numbers : ndarray of uint16, shape (H, W)
        0 where there is no cell, and another number for each cell.
    known : ndarray of uint8, shape (H, W)
        Flags of :class:`Known`.

    """

    numbers: NDArray[np.uint16]
    known: NDArray[np.uint8]


def draw_planes(
    numbers: Tensor, known: Tensor, outputs: tuple[str, ...], red_cell_diameter_px: float, settings: PlaneWeights
) -> tuple[Tensor, Tensor]:
    """Draw what a network is to put out, and the weight of the loss at each pixel.

    Parameters
    ----------
    numbers : Tensor of int16, shape (B, 3, N, N)
        One plane for each cell type.
    known : Tensor of uint8, shape (B, 3, N, N)
        Flags of :class:`Known`.
    outputs : tuple of str
        Names such as ``rbc.mask``; K of them.
    red_cell_diameter_px : float
    settings : PlaneWeights

    Returns
    -------
    targets : Tensor of float32, shape (B, K, N, N)
        ``mask`` is 1 in cells; ``edge`` on both sides of every border of a cell (:data:`EDGE_PX`);
        ``distance`` the distance to that border as a share of the cell's greatest; ``centre`` a peak on the middle of
        each cell; all of these 0 … 1. ``density`` in cells per squared red-cell diameter: the sum of its pixels,
        divided by that square, is the number of cells.
    weights : Tensor of float32, shape (B, K, N, N)
        0 where nothing is known.

    """
    targets, weights = [], []
    for kind in CELL_TYPES:
        planes = [name.partition(".")[2] for name in outputs if name.startswith(f"{kind}.")]
        if not planes:
            continue
        own, flags = numbers[:, CELL_TYPES.index(kind)].long(), known[:, CELL_TYPES.index(kind)]
        between = between_cells(own)
        # A platelet is so small that every pixel of it is deep.
        depth = (own > 0).float() if kind == "plt" else share_of_depth(own, red_cell_diameter_px)
        near = F.max_pool2d(between.float(), 2 * NEAR_BORDER_PX + 1, 1, NEAR_BORDER_PX)
        for plane in planes:
            weight = ((flags & int(PLANES[plane])) > 0).float()
            if plane == "edge":
                weight = weight * (1 + (settings.touching - 1) * between)
            elif plane in {"distance", "centre"}:
                weight = weight * (1 + (settings.near_touching - 1) * near)
            if kind == "plt" and plane != "density":
                weight = weight * (1 + (settings.platelets - 1) * (own > 0))
            targets.append(_draw_plane(plane, own, depth, red_cell_diameter_px))
            weights.append(weight)
    return torch.stack(targets, 1), torch.stack(weights, 1)


def _draw_plane(plane: str, numbers: Tensor, depth: Tensor, red_cell_diameter_px: float) -> Tensor:
    if plane == "mask":
        return (numbers > 0).float()
    if plane == "edge":
        return at_borders(numbers).float()
    if plane == "density":
        return draw_density(numbers, depth, DENSITY_SIGMA * red_cell_diameter_px) * red_cell_diameter_px**2
    return depth if plane == "distance" else draw_centres(numbers, depth, CENTRE_SIGMA * red_cell_diameter_px)


def _highest(pictures: Tensor) -> Tensor:
    """Highest value in the disc of radius 2 around each pixel, float32 (B, N, N)."""
    wide = F.max_pool2d(pictures, (3, 5), 1, (1, 2))
    return torch.maximum(wide, F.max_pool2d(pictures, (5, 1), 1, (2, 0)))


def at_borders(numbers: Tensor) -> Tensor:
    """Pixels that have one of another number within :data:`EDGE_PX`: bool (B, N, N)."""
    pictures = numbers.float()
    return _highest(pictures) != -_highest(-pictures)


def between_cells(numbers: Tensor) -> Tensor:
    """Pixels of the edge between two cells that touch: bool (B, N, N)."""
    pictures = numbers.float()
    lowest = -_highest(torch.where(numbers > 0, -pictures, -float(N_NUMBERS)))
    return (lowest < N_NUMBERS) & (_highest(pictures) != lowest)


def share_of_depth(numbers: Tensor, red_cell_diameter_px: float) -> Tensor:
    """Distance of every pixel of a cell to its border, divided by the greatest of that cell.

    Parameters
    ----------
    numbers : Tensor of int64, shape (B, N, N)
    red_cell_diameter_px : float

    Returns
    -------
    Tensor of float32, shape (B, N, N)
        0 … 1; 0 where there is no cell.

    Examples
    --------
    >>> square = torch.zeros((1, 5, 5), dtype=torch.int64)
    >>> square[0, 1:4, 1:4] = 1
    >>> share_of_depth(square, 5)[0, 2].tolist()
    [0.0, 0.5, 1.0, 0.5, 0.0]

    """
    padded = F.pad(numbers, (1, 1, 1, 1), value=0)
    # Beyond the crop a cell goes on: its border is not known there.
    padded[:, 0], padded[:, -1], padded[:, :, 0], padded[:, :, -1] = (
        padded[:, 1], padded[:, -2], padded[:, :, 1], padded[:, :, -2],
    )  # fmt: skip
    centre = padded[:, 1:-1, 1:-1]
    border = torch.zeros_like(centre, dtype=torch.bool)
    for row, col in ((0, 1), (2, 1), (1, 0), (1, 2)):
        border |= padded[:, row : row + centre.shape[1], col : col + centre.shape[2]] != centre
    depth = distance_to(border, round(DEEPEST * red_cell_diameter_px)) + 1
    depth = torch.where(numbers > 0, depth, 0.0)
    deepest = _of_each_cell(numbers).scatter_reduce_(0, index_cells(numbers), depth.flatten(), "amax")
    return depth / deepest.clamp(min=1)[index_cells(numbers)].view_as(depth)


def distance_to(marked: Tensor, reach_px: int) -> Tensor:
    """Euclidean distance to the nearest marked pixel, at most ``reach_px``: float32 (B, N, N)."""
    n = marked.shape[-1]
    ramp = torch.arange(n, device=marked.device)
    left = torch.where(marked, ramp, -reach_px).cummax(-1).values
    right = torch.where(marked, ramp, n + reach_px).flip(-1).cummin(-1).values.flip(-1)
    whole = torch.int16 if 2 * reach_px**2 <= torch.iinfo(torch.int16).max else torch.int32  # the first is faster
    along = torch.minimum(ramp - left, right - ramp).clamp(max=reach_px).to(whole) ** 2
    padded = F.pad(along, (0, 0, reach_px, reach_px), value=reach_px**2)
    squares = along.clone()
    for away in range(1, reach_px):
        above, below = (padded[:, reach_px + side : reach_px + side + marked.shape[-2]] for side in (-away, away))
        torch.minimum(squares, torch.minimum(above, below) + away**2, out=squares)
    return squares.float().sqrt()


def draw_centres(numbers: Tensor, depth: Tensor, sigma_px: float) -> Tensor:
    """A Gaussian peak on the middle of each cell, 0 … 1: float32 (B, N, N)."""
    return spread(middles(numbers, depth), sigma_px).clamp(max=1)


def draw_density(numbers: Tensor, depth: Tensor, sigma_px: float) -> Tensor:
    """Cells per pixel, each spread by a Gaussian of which all lies in the picture: float32 (B, N, N)."""
    points = middles(numbers, depth)
    within = spread(torch.ones_like(points[:1]), sigma_px)  # what of the Gaussian on each pixel the frame leaves
    return spread(points / within, sigma_px)


def middles(numbers: Tensor, depth: Tensor) -> Tensor:
    """How many cells have their middle on each pixel: float32 (B, N, N)."""
    n_pictures, n_rows, n_cols = numbers.shape
    index, deep = index_cells(numbers), ((depth >= DEEP) & (numbers > 0)).float()
    n_each = _of_each_cell(numbers).index_add_(0, index, deep.flatten())
    axes = (torch.arange(n_rows, device=numbers.device)[:, None], torch.arange(n_cols, device=numbers.device))
    row, col = (
        (_of_each_cell(numbers).index_add_(0, index, (deep * axis).flatten()) / n_each.clamp(min=1)).round().long()
        for axis in axes
    )
    # Numbers that no cell has add nothing, at the first pixel; so the device need not tell how many cells there are.
    n_each, row, col = (own[:-N_NUMBERS] for own in (n_each, row, col))
    picture = torch.arange(len(n_each), device=numbers.device) // N_NUMBERS
    points = torch.zeros(n_pictures * n_rows * n_cols, device=numbers.device)
    points.index_add_(0, (picture * n_rows + row) * n_cols + col, (n_each > 0).float())
    return points.view(n_pictures, n_rows, n_cols)


def spread(points: Tensor, sigma_px: float) -> Tensor:
    """Draw a Gaussian of height 1 on each point, cut at the frame: float32 (B, N, N)."""
    reach = int(np.ceil(3 * sigma_px))
    ramp = torch.arange(-reach, reach + 1, device=points.device, dtype=torch.float32)
    peak = torch.exp(-(ramp**2) / (2 * sigma_px**2))
    along_rows = F.conv2d(points[:, None], peak[None, None, :, None], padding=(reach, 0))
    return F.conv2d(along_rows, peak[None, None, None], padding=(0, reach))[:, 0]


def index_cells(numbers: Tensor) -> Tensor:
    """Number of each pixel's cell among those of all pictures, flat.

    Background has numbers beyond them, many: a device that adds many values to one number takes its time.
    """
    first = torch.arange(numbers.shape[0], device=numbers.device) * N_NUMBERS
    flat = (numbers + first[:, None, None]).flatten()
    beyond = torch.arange(flat.shape[0], device=numbers.device) % N_NUMBERS + numbers.shape[0] * N_NUMBERS
    return torch.where(numbers.flatten() > 0, flat, beyond)


def _of_each_cell(numbers: Tensor) -> Tensor:
    return torch.zeros((numbers.shape[0] + 1) * N_NUMBERS, device=numbers.device)
