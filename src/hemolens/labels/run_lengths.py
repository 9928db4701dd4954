"""Run lengths of COCO: how many pixels are outside, inside, outside, … of a cell, down one column after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from hemolens.images.box import Box
from hemolens.images.photograph import MAX_PIXELS
from hemolens.labels.corner_box import LabelBox

_LONGEST_NUMBER = 7
"""Most characters of one number in a text: of 5 bits each, they hold any number of pixels."""


class RunLengths(BaseModel):
    """Run lengths as they stand in a file: a list of numbers, or a text as pycocotools writes it."""

    size: tuple[Annotated[int, Field(gt=0)], Annotated[int, Field(gt=0)]]
    counts: list[Annotated[int, Field(ge=0, le=MAX_PIXELS)]] | Annotated[str, Field(max_length=10_000_000)]


@dataclass(frozen=True, eq=False)
class Runs:
    """The pixels of one cell.

    Attributes
    ----------
    n_rows : int
        Height of the photograph.
    starts, stops : ndarray of int64, shape (N,)
        Of each run its first pixel and the first after it, in the order of the pixels: down the first column, then
        down the next. No run is empty, none overlaps another.

    """

    n_rows: int
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]

    @property
    def box(self) -> LabelBox | None:
        """The box around the pixels; None without any."""
        if not len(self.starts):
            return None
        first_col, first_row = np.divmod(self.starts, self.n_rows)
        last_col, last_row = np.divmod(self.stops - 1, self.n_rows)
        is_in_one = first_col == last_col  # others go on at the top of the next column
        top = np.where(is_in_one, first_row, 0).min()
        bottom = np.where(is_in_one, last_row + 1, self.n_rows).max()
        return float(top), float(first_col.min()), float(bottom), float(last_col.max() + 1)

    def within(self, box: Box) -> NDArray[np.bool_]:
        """Say of every pixel of a box, which lies in the photograph, whether it is the cell's."""
        before, n_pixels = box.col0 * self.n_rows, (box.col1 - box.col0) * self.n_rows
        touching = (self.stops > before) & (self.starts < before + n_pixels)
        changes = np.zeros(n_pixels + 1, np.int8)
        changes[np.maximum(self.starts[touching] - before, 0)] += 1
        changes[np.minimum(self.stops[touching] - before, n_pixels)] -= 1
        inside = np.cumsum(changes[:-1], dtype=np.int8).astype(bool)
        return inside.reshape(-1, self.n_rows).T[box.row0 : box.row1]


def read_runs(given: RunLengths) -> Runs:
    """Read run lengths.

    Raises
    ------
    ValueError
        The text is none of run lengths, the photograph would have more than
        :data:`~hemolens.images.photograph.MAX_PIXELS` pixels, or the run lengths are not as many together.

    Examples
    --------
    >>> read_runs(RunLengths(size=(3, 4), counts=[4, 2, 1, 2, 3])).within(Box(0, 0, 3, 4)).astype(int)
    array([[0, 0, 0, 0],
           [0, 1, 1, 0],
           [0, 1, 1, 0]])

    """
    n_rows, n_cols = given.size
    n_pixels = n_rows * n_cols
    if n_pixels > MAX_PIXELS:
        raise ValueError(f"a size of {n_rows} × {n_cols} px, more than {MAX_PIXELS} pixels")
    lengths = _unpacked(given.counts) if isinstance(given.counts, str) else np.array(given.counts, np.int64)
    if len(lengths) and not 0 <= lengths.min() <= lengths.max() <= n_pixels:
        raise ValueError(f"a run of {lengths.min()} or {lengths.max()} pixels in a picture of {n_pixels}")
    if lengths.sum() != n_pixels:
        raise ValueError(f"runs of {lengths.sum()} pixels together in a picture of {n_pixels}")
    ends = np.cumsum(lengths)
    starts, stops = ends[: len(ends) // 2 * 2 : 2], ends[1::2]
    return Runs(n_rows, starts[stops > starts], stops[stops > starts])


def _unpacked(text: str) -> NDArray[np.int64]:
    """Read the text of pycocotools: numbers of 5 bits a character, the lowest first, from ``0`` on.

    32 in a character says that the number goes on, 16 in its last one that it is negative. From the fourth on, a number
    is the difference from the last but one.
    """
    characters = np.frombuffer(text.encode(), np.uint8).astype(np.int64) - ord("0")
    if len(characters) and not (0 <= characters.min() <= characters.max() < 64 and characters[-1] < 32):
        raise ValueError("a text that is none of run lengths")
    last = np.flatnonzero(characters < 32)
    first = np.concatenate([[0], last[:-1] + 1])[: len(last)]
    n_characters = last - first + 1
    if len(last) and n_characters.max() > _LONGEST_NUMBER:
        raise ValueError("a number without end")
    place = np.arange(len(characters)) - np.repeat(first, n_characters)
    numbers = np.add.reduceat((characters & 31) << (5 * place), first) if len(first) else first
    numbers = numbers - np.where(characters[last] & 16, np.int64(1) << (5 * n_characters), 0)
    for chain in (numbers[1::2], numbers[2::2]):
        np.cumsum(chain, out=chain)
    return numbers
