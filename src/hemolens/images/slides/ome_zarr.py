"""OME-Zarr 0.4 and 0.5 in a folder: a slide in many small files, of which a box needs a few.

::

    NAME.ome.zarr/      .zattrs or zarr.json: the axes, the levels and the µm per pixel
    ├── 0               the array of the full size, in chunks
    ├── 1 …             its reductions
    └── labels/         not looked at

What bioformats2raw writes is a collection of such pictures in the folders ``0``, ``1`` and so on; one of a single
picture is that picture.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, NoReturn

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from hemolens.errors import PhotographError, quoted
from hemolens.images.box import Box
from hemolens.images.formats.pixel_size import plausible_um_per_px, um_per_unit
from hemolens.images.image import Shape
from hemolens.images.slides.pyramid import over_white
from hemolens.images.zarr_array import ZarrArray
from hemolens.images.zarr_store import InnerPath, Store, ZarrMetadata, is_store

MAX_FILES = 1_000_000
"""Most files in a store, and most chunks in one of its arrays: a slide of 60 gigapixels in tiles of 512."""

MAX_LEVELS = 32


class _Axis(ZarrMetadata):
    name: Literal["t", "c", "z", "y", "x"]
    unit: str | None = None


class _Transformation(ZarrMetadata):
    type: str
    scale: list[float] | None = None


class _Placed(ZarrMetadata):
    transformations: list[_Transformation] = Field([], alias="coordinateTransformations")


class _Dataset(_Placed):
    path: InnerPath


class _Multiscale(_Placed):
    axes: list[_Axis] = Field(min_length=2, max_length=5)
    datasets: list[_Dataset] = Field(min_length=1, max_length=MAX_LEVELS)


class _Picture(ZarrMetadata):
    multiscales: list[_Multiscale] = Field(min_length=1)


class _Collection(ZarrMetadata):
    layout: int | None = Field(None, alias="bioformats2raw.layout")


class OmeZarrPyramid:
    """One opened slide.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    PhotographError
        There is no picture in it, the pixels are not RGB of 8 bits, or the metadata are malformed or lead elsewhere.

    """

    def __init__(self, folder: Path) -> None:
        store = Store(folder, _malformed)
        group = _group_of_picture(store)
        picture = store.read_ome(group, _Picture).multiscales[0]
        self._axes = "".join(axis.name for axis in picture.axes)
        self._arrays = [ZarrArray(store, f"{group}/{level.path}") for level in picture.datasets]
        for array in self._arrays:
            _check_array(folder, array, self._axes)
        self.levels: Sequence[Shape] = [self._shape_of(array) for array in self._arrays]
        _check_levels(folder, self.levels)
        self.um_per_px = _um_per_px(picture)

    def read(self, box: Box, level: int) -> NDArray[np.uint8]:
        """Give the pixels of a box inside a level; where there is no chunk they have the array's fill value."""
        array, place = self._arrays[level], self._axes.index
        window = [slice(0, side) for side in array.shape]
        window[place("y")], window[place("x")] = slice(box.row0, box.row1), slice(box.col0, box.col1)
        single = [axis for axis in self._axes if axis in "tz"]
        stored = array.read(window).transpose([place(axis) for axis in [*single, *"yxc"]])
        pixels = np.ascontiguousarray(stored.reshape(stored.shape[-3:]), np.uint8)
        return pixels if pixels.shape[2] == 3 else over_white(pixels)

    def close(self) -> None:
        """Nothing is open between two boxes."""

    def _shape_of(self, array: ZarrArray) -> Shape:
        return array.shape[self._axes.index("y")], array.shape[self._axes.index("x")]


def files_of_store(folder: Path) -> Iterator[Path]:
    """List the files of a store in the order of their names, folder by folder.

    Raises
    ------
    PhotographError
        One leads elsewhere or is no ordinary file, or there are more than :data:`MAX_FILES`.

    """
    store, n_found = Store(folder, _malformed), 0
    for inner, folders, names in os.walk(folder, onerror=_stop):
        folders.sort()
        n_found += len(folders) + len(names)
        if n_found > MAX_FILES:
            raise _malformed(folder, "more files", f"at most {MAX_FILES}")
        for path in (Path(inner) / name for name in [*folders, *sorted(names)]):
            if path.is_symlink():
                store.check_inside(path)
            if path.is_dir():
                continue  # its own files follow, or, where it is a link within the store, come elsewhere
            if not path.is_file():
                raise _malformed(path, "neither a file nor a folder", "files and folders")
            yield path


def _stop(error: OSError) -> NoReturn:
    raise error  # a folder that cannot be read is not passed over


def _group_of_picture(store: Store) -> str:
    """Find the picture: the store itself, or the only one in what bioformats2raw has written."""
    if not is_store(store.folder):
        raise _malformed(store.folder, "no 'zarr.json' and no '.zgroup'", "an OME-Zarr 0.4 or 0.5")
    if store.read_ome(".", _Collection).layout is None:
        return "."
    if is_store(store.folder / "1"):
        raise PhotographError(
            "the OME-Zarr contains several images",
            came=f"{quoted(store.folder)} with the images 0, 1 and perhaps more",
            allowed="one image",
            do="convert one image only (bioformats2raw --series 0), or copy its folder to NAME.ome.zarr",
        )
    return "0"


def _check_array(folder: Path, array: ZarrArray, axes: str) -> None:
    """Refuse an array that is not one plane of RGB or RGBA, and one in too many chunks."""
    sides = dict(zip(axes, array.shape, strict=False))
    is_plane = {"c", "y", "x"} <= sides.keys() and len(sides) == len(axes) == len(array.shape)
    is_rgb = sides.get("c") in {3, 4} and array.dtype == np.uint8
    if not is_plane or not is_rgb or {sides.get("t", 1), sides.get("z", 1)} != {1}:
        came = f"axes {axes} of {' × '.join(map(str, array.shape))} of {array.dtype.name}"
        raise PhotographError(
            "this kind of slide is not supported",
            came=f"{quoted(folder)} with {came}",
            allowed="slides of 8-bit RGB: axes c (of 3, or 4 with transparency), y and x, and t and z of length 1",
            do="export one plane of it as 8-bit RGB",
        )
    if array.n_chunks > MAX_FILES:
        raise _malformed(folder, f"an array in {array.n_chunks} chunks", f"at most {MAX_FILES}")


def _check_levels(folder: Path, levels: Sequence[Shape]) -> None:
    """Refuse levels that are no reductions of the first; halved sides may have been rounded up or down."""
    n_rows, n_cols = levels[0]
    for rows, cols in levels:
        if rows > n_rows or cols > n_cols or abs(rows * n_cols - cols * n_rows) > 2 * (n_rows + n_cols):
            came = f"a level of {cols} × {rows} px under one of {n_cols} × {n_rows} px"
            raise _malformed(folder, came, "reductions of one image, the full size first")


def _um_per_px(picture: _Multiscale) -> float | None:
    """µm per pixel at full size: the level's scale, and that of all levels where there is one."""
    placed = [*picture.datasets[0].transformations, *picture.transformations]
    scales = [each.scale or [] for each in placed if each.type == "scale"]
    if not scales or any(len(scale) != len(picture.axes) for scale in scales):
        return None
    along = {
        axis.name: um_per_unit(axis.unit) * math.prod(scale[n] for scale in scales)
        for n, axis in enumerate(picture.axes)
    }
    return plausible_um_per_px(along["x"], along["y"])


def _malformed(path: Path, came: str, allowed: str) -> PhotographError:
    what = f"{quoted(path)} is not a part of an OME-Zarr slide that can be read"
    return PhotographError(what, came=came, allowed=allowed, do="write the slide again as OME-Zarr 0.4 or 0.5")
