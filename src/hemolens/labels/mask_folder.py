"""``TYPE/NAME.png``: a white region on black is a cell, or every number is one.

A grey PNG of 16 bits with several levels, the lightest of them not white, is a label image: every level above 0 is
a cell, however small and in however many pieces. Every other picture is a mask, black and white.

Components of touching pixels (edges or corners) are cells; those under :data:`SMALLEST_COMPONENT_PX` are specks of the
drawing and are left out. A photograph without a mask of a type is unknown, one with an empty mask has no such cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.errors import LabelError, PhotographError, quoted
from hemolens.images.formats import SUFFIXES, read_stored
from hemolens.images.photograph import MAX_PIXELS, read_photograph
from hemolens.images.zarr_store import is_store
from hemolens.labels.label_file import read_bytes
from hemolens.labels.label_format import LabelFormat
from hemolens.labels.truth import Labels, Truth

SMALLEST_COMPONENT_PX = 20
"""Smaller components of a mask are specks of the drawing."""

MAX_PICTURE_BYTES = 200_000_000
"""Largest file of a label image."""

_MAX_GREY_SHARE = 0.02
"""Largest share of pixels that are neither black nor white: a JPEG of a mask has some along its edges."""

_WHITE_16_BIT = 65535

_PNG_MARK, _PNG_DEPTH_AT = b"\x89PNG\r\n\x1a\n", 24
"""The first bytes of a PNG file, and where the bits of its channels stand."""


def read_mask_folder(folder: Path) -> Labels:
    """Read the masks in the folders ``rbc``, ``wbc`` and ``plt`` of a folder; others are passed over.

    Raises
    ------
    LabelError
        There is no such folder in it, a picture cannot be read or is not a mask, or the masks of one photograph have
        different sizes.

    """
    truths: dict[str, dict[CellType, Truth]] = {}
    sizes: dict[str, tuple[int, int]] = {}
    n_specks = 0
    for kind in CELL_TYPES:
        for path in _pictures(folder / kind):
            numbers, n_small = _number_cells(path)
            shape = (numbers.shape[0], numbers.shape[1])
            if sizes.setdefault(path.stem, shape) != shape:
                raise LabelError(
                    f"the masks of '{path.stem}' have different sizes",
                    came=quoted(path),
                    allowed="masks of one photograph with its width and height",
                    do="make the mask again",
                )
            boxes = boxes_of_numbers(numbers)
            truths.setdefault(path.stem, {})[kind] = Truth(len(boxes), boxes, partial(_paint, path))
            n_specks += n_small
    if not truths:
        raise LabelError(
            "the folder holds no masks",
            came=quoted(folder),
            allowed=f"folders {', '.join(CELL_TYPES)} with pictures in them",
            do="name the folder above them",
        )
    notes = [f"{n_specks} components of masks under {SMALLEST_COMPONENT_PX} px were taken as specks."]
    return Labels(truths, sizes, tuple(notes if n_specks else ()))


def _pictures(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith("."))


def _number_cells(path: Path) -> tuple[NDArray[np.int32], int]:
    """Number the cells of a label image or a mask, and say how many specks were left out."""
    numbers = _read_numbers(path)
    return number_components(_read_mask(path)) if numbers is None else (numbers.astype(np.int32), 0)


def _paint(path: Path, shape: tuple[int, int]) -> NDArray[np.int32]:
    """Read a picture again; that it has this shape is known by then."""
    return _number_cells(path)[0]


def _read_numbers(path: Path) -> NDArray[np.uint16] | None:
    """Read a label image; None when the picture is none, or is damaged."""
    if not path.is_file():  # to open a pipe would wait for ever
        return None
    try:
        with path.open("rb") as file:
            head = file.read(_PNG_DEPTH_AT + 1)
    except OSError:
        return None
    if not head.startswith(_PNG_MARK) or head[_PNG_DEPTH_AT:] != b"\x10":
        return None
    try:
        stored = read_stored(read_bytes(path, MAX_PICTURE_BYTES), MAX_PIXELS)
    except PhotographError:
        return None
    if stored.samples.dtype != np.uint16 or stored.mode != "L":
        return None
    numbers: NDArray[np.uint16] = stored.samples[..., 0]
    largest = int(numbers.max())
    several = bool(((numbers > 0) & (numbers < largest)).any())
    return numbers if several and largest < _WHITE_16_BIT else None


def boxes_of_numbers(numbers: NDArray[np.int32]) -> NDArray[np.float64]:
    """Boxes (N, 4) of the pixels of each number above 0.

    >>> boxes_of_numbers(np.array([[0, 2, 2], [0, 0, 2]], np.int32))
    array([[0., 1., 2., 3.]])
    """
    from scipy import ndimage

    windows = [window for window in ndimage.find_objects(numbers) if window is not None]
    boxes = [(rows.start, cols.start, rows.stop, cols.stop) for rows, cols in windows]
    return np.array(boxes, np.float64).reshape(-1, 4)


def _read_mask(path: Path) -> NDArray[np.uint8]:
    """Read a mask as 0 and 1; white is the lightest level that comes, so that stored 0 and 1 are a mask, too."""
    try:
        grey = read_photograph(path, max_pixels_per_byte=None).pixels.max(axis=-1)
    except PhotographError as error:
        raise LabelError(
            "a mask cannot be read", came=error.came, allowed="a black and white picture", do="make the mask again"
        ) from error
    white = max(1, int(grey.max()))
    between = np.count_nonzero((grey > white / 4) & (grey < white * 3 / 4))
    if between > _MAX_GREY_SHARE * grey.size:
        raise LabelError(
            f"{quoted(path)} is not a mask",
            came=f"{between / grey.size:.0%} of its pixels neither black nor white",
            allowed="two levels: cells white, the rest black",
            do="export it as a black and white mask",
        )
    mask: NDArray[np.uint8] = (grey > white / 2).astype(np.uint8)
    return mask


def number_components(mask: NDArray[np.generic]) -> tuple[NDArray[np.int32], int]:
    """Number the components of a mask, and say how many specks were left out.

    Parameters
    ----------
    mask : ndarray of bool or uint8, shape (H, W)
        0 where there is no cell.

    Returns
    -------
    numbers : ndarray of int32, shape (H, W)
        From 1 for each component of touching pixels (edges or corners).
    n_specks : int
        Components under :data:`SMALLEST_COMPONENT_PX`, which have no number.

    """
    import cv2

    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    large = stats[:, cv2.CC_STAT_AREA] >= SMALLEST_COMPONENT_PX
    large[0] = False  # the background
    numbers: NDArray[np.int32] = np.where(large, np.cumsum(large), 0).astype(np.int32)[labels]
    return numbers, len(large) - 1 - int(large.sum())


def _find(path: Path) -> Sequence[Path]:
    return [path] if any((path / kind).is_dir() for kind in CELL_TYPES) and not is_store(path) else []


FORMAT = LabelFormat(
    name="folder of masks or label images",
    looks="`TYPE/NAME.png`: white on black, each component of touching pixels is a cell, those under 20 px are specks; "
    "or grey with 16 bits, each value above 0 is a cell",
    says=("counts", "boxes", "masks"),
    find=_find,
    read=lambda found, types: read_mask_folder(found[0]),
)
