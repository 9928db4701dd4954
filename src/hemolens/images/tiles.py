"""Cut a photograph into tiles and stitch their maps together, every pixel exactly once.

A tile writes a block of the picture and reads that block with its surroundings::

        ┌───────────────────────┐   read: block + margin on every side (+ what pooling needs),
        │  ┌─────────────┐      │         mirrored where it reaches beyond the frame
        │  │    block    │      │   written: the block, cut at the frame
        │  └─────────────┘      │
        └───────────────────────┘

Blocks start at multiples of the pooling grid, so a pixel gets the same value whatever the tile size. A network
whose values depend on where a tile ends is given blocks of one fixed side, by a grid of that side. One that pads its
input itself reads the surroundings only as far as the photograph goes (:func:`cut_within`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hemolens.images.box import Box


@dataclass(frozen=True, slots=True)
class Tile:
    """The block a tile writes: first row and column, height and width before it is cut at the frame."""

    row: int
    col: int
    height: int
    width: int


@dataclass(frozen=True, slots=True)
class Part:
    """Where a picture lies in a larger one: its first row and column there, and the shape of that one."""

    row: int
    col: int
    of: tuple[int, int]


def tile_grid(shape: tuple[int, int], *, largest_px: int, grid_px: int) -> list[Tile]:
    """Cover a picture with blocks of one size.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the picture, at least 1 each.
    largest_px : int
        Blocks are at most this high and wide; a multiple of ``grid_px``.
    grid_px : int
        Blocks start at, and have sides of, multiples of this.

    Returns
    -------
    list of Tile
        Row by row. They do not overlap; the last ones may reach beyond the frame by less than
        one grid step for each block.

    Examples
    --------
    >>> [(tile.row, tile.col, tile.height, tile.width) for tile in tile_grid((10, 20), largest_px=16, grid_px=8)]
    [(0, 0, 16, 16), (0, 16, 16, 16)]

    """
    rows, height = _blocks(shape[0], largest_px, grid_px)
    cols, width = _blocks(shape[1], largest_px, grid_px)
    return [Tile(row, col, height, width) for row in rows for col in cols]


def _blocks(length: int, largest_px: int, grid_px: int) -> tuple[range, int]:
    """First pixels of the blocks along one axis, and their common side."""
    n_blocks = -(-length // largest_px)
    side = -(-length // (n_blocks * grid_px)) * grid_px
    return range(0, length, side), side


def cut(
    pixels: NDArray[np.uint8], tile: Tile, *, margin_px: int, extra_px: int = 0, part: Part | None = None
) -> NDArray[np.uint8]:
    """Read a tile: its block, ``margin_px`` on every side and ``extra_px`` more at the bottom and right.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
    part : Part, optional
        Where these pixels lie in a larger picture, in whose pixels the tile is; it holds all that the tile reads.

    Returns
    -------
    ndarray of uint8, shape (height + 2·margin + extra, width + 2·margin + extra, 3)
        Beyond the frame of the whole picture it is mirrored.

    """
    whole = part or Part(0, 0, (pixels.shape[0], pixels.shape[1]))
    rows, cols = _read_index(tile, margin_px, extra_px, whole.of)
    return pixels.take(rows - whole.row, axis=0).take(cols - whole.col, axis=1)


def reach(tiles: Sequence[Tile], shape: tuple[int, int], *, margin_px: int, extra_px: int = 0) -> Box:
    """Find the smallest box of a picture that holds all that some tiles read.

    >>> reach([Tile(0, 8, 8, 8)], (40, 40), margin_px=3)
    Box(row0=0, col0=5, row1=11, col1=19)
    """
    read = [_read_index(tile, margin_px, extra_px, shape) for tile in tiles]
    rows, cols = (np.concatenate([each[axis] for each in read]) for axis in (0, 1))
    return Box(int(rows.min()), int(cols.min()), int(rows.max()) + 1, int(cols.max()) + 1)


def _read_index(
    tile: Tile, margin_px: int, extra_px: int, shape: tuple[int, int]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the picture that a tile reads, in order."""
    rows = np.arange(tile.row - margin_px, tile.row + tile.height + margin_px + extra_px)
    cols = np.arange(tile.col - margin_px, tile.col + tile.width + margin_px + extra_px)
    return mirror_index(rows, shape[0]), mirror_index(cols, shape[1])


def cut_within(
    pixels: NDArray[np.uint8], tile: Tile, *, reach_px: int, grid_px: int, part: Part | None = None
) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """Read a tile: its block and ``reach_px`` on every side, as far as the photograph goes.

    For networks whose maps are as large as their input, and that saw the frame of a photograph as that of their input
    when they were trained.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
    reach_px, grid_px : int
        The former a multiple of the latter.
    part : Part, optional
        As in :func:`cut`; what a tile reads ends at the frame of the larger picture, not at that of these pixels.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)
        Sides are multiples of ``grid_px``; the photograph is mirrored where it ends before that.
    (int, int)
        Row and column of the block's first pixel in it.

    Examples
    --------
    >>> patch, first = cut_within(np.zeros((30, 100, 3), np.uint8), Tile(0, 48, 32, 48), reach_px=16, grid_px=8)
    >>> patch.shape, first
    ((32, 72, 3), (0, 16))

    """
    whole = part or Part(0, 0, (pixels.shape[0], pixels.shape[1]))
    spans = []
    for start, side, length in ((tile.row, tile.height, whole.of[0]), (tile.col, tile.width, whole.of[1])):
        end = -(-length // grid_px) * grid_px
        spans.append((max(0, start - reach_px), min(start + side + reach_px, end)))
    rows, cols = (mirror_index(np.arange(*span), length) for span, length in zip(spans, whole.of, strict=True))
    patch = pixels.take(rows - whole.row, axis=0).take(cols - whole.col, axis=1)
    return patch, (tile.row - spans[0][0], tile.col - spans[1][0])


def stitch(whole: NDArray[np.float32], tile: Tile, values: NDArray[np.float32]) -> None:
    """Write a tile's values into its block of ``whole``, in place; what lies beyond the frame is dropped.

    Parameters
    ----------
    whole : ndarray of float32, shape (H, W)
    values : ndarray of float32, at least (tile.height, tile.width)
        The first pixel is the first of the block.

    Examples
    --------
    >>> whole = np.zeros((2, 3), np.float32)
    >>> for tile in tile_grid(whole.shape, largest_px=2, grid_px=1):
    ...     stitch(whole, tile, np.full((2, 2), 1 + tile.col, np.float32))
    >>> whole.tolist()
    [[1.0, 1.0, 3.0], [1.0, 1.0, 3.0]]

    """
    block = whole[tile.row : tile.row + tile.height, tile.col : tile.col + tile.width]
    block[...] = values[: block.shape[0], : block.shape[1]]


def mirror_index(index: NDArray[np.intp], length: int) -> NDArray[np.intp]:
    """Fold indices beyond 0 … length − 1 back, without repeating the border pixel.

    Examples
    --------
    >>> mirror_index(np.arange(-2, 6), 4).tolist()
    [2, 1, 0, 1, 2, 3, 2, 1]
    >>> mirror_index(np.arange(3), 1).tolist()
    [0, 0, 0]

    """
    if length == 1:
        return np.zeros_like(index)
    period = 2 * (length - 1)
    folded = np.mod(index, period)
    return np.where(folded >= length, period - folded, folded)
