"""``NAME.ome.zarr``: the labels of one photograph in the layout of OME-Zarr 0.4 or 0.5, one store or a folder of them.

The store is that of the photograph called NAME, and in its folder ``labels`` each label image is of the type that it is
called after, as ``labels/rbc``; every number above 0 is a cell. The first level is read, the one of full size. A label
image without a cell says that there is none; a type without a label image is unknown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from hemolens.cell_types import CellType
from hemolens.errors import LabelError, quoted
from hemolens.images.photograph import MAX_PIXELS
from hemolens.images.zarr_array import ZarrArray
from hemolens.images.zarr_store import SUFFIX, InnerPath, Store, ZarrMetadata, is_store
from hemolens.labels.cell_words import cell_type_of
from hemolens.labels.label_file import MAX_FILES, files_in
from hemolens.labels.label_format import LabelFormat
from hemolens.labels.mask_folder import boxes_of_numbers
from hemolens.labels.truth import Labels, Truth


class _Dataset(ZarrMetadata):
    path: InnerPath


class _Multiscale(ZarrMetadata):
    datasets: list[_Dataset] = Field(min_length=1)


class _LabelImage(ZarrMetadata):
    multiscales: list[_Multiscale] = Field(min_length=1)


class _LabelNames(ZarrMetadata):
    labels: list[str] = Field(min_length=1)


def read_ome_zarr(stores: Sequence[Path]) -> Labels:
    """Read the label images of photographs.

    Parameters
    ----------
    stores : sequence of Path
        One for each photograph.

    Raises
    ------
    LabelError
        A store holds no labels, its metadata are malformed or demand too much, a label image is of no cell type or
        damaged, or two stores are of one photograph.
    UsageError
        The library that unpacks them is not installed.

    """
    truths: dict[str, dict[CellType, Truth]] = {}
    sizes: dict[str, tuple[int, int]] = {}
    for folder in stores:
        name = _photograph_of(folder)
        if name in truths:
            raise _malformed(folder, f"a second store for {quoted(name)}", "one store for each photograph")
        of_photograph = truths.setdefault(name, {})
        store = Store(folder, _malformed)
        for kind, group in _label_images(store).items():
            numbers = _read_numbers(store, group)
            shape = (numbers.shape[0], numbers.shape[1])
            if sizes.setdefault(name, shape) != shape:
                came = f"a label image of {shape[1]} × {shape[0]} px"
                raise _malformed(folder / group, came, "label images of one size")
            boxes = boxes_of_numbers(numbers)
            of_photograph[kind] = Truth(len(boxes), boxes, partial(_paint, store, group))
    return Labels(truths, sizes)


def _photograph_of(store: Path) -> str:
    """Name a photograph as its store does.

    >>> _photograph_of(Path("results/smear.ome.zarr"))
    'smear'
    """
    return store.resolve().name.removesuffix(SUFFIX).removesuffix(".ome")


def _label_images(store: Store) -> dict[CellType, str]:
    """Find the group of each type's label image."""
    if not is_store(store.folder / "labels"):
        raise LabelError(
            "the OME-Zarr holds no labels",
            came=quoted(store.folder),
            allowed="a store with label images called rbc, wbc or plt in its folder labels",
            do="name the store of a labelled photograph",
        )
    found: dict[CellType, str] = {}
    for name in store.read_ome("labels", _LabelNames).labels:
        # a word we know, hence no path
        kind = cell_type_of(name, f"the labels of {quoted(store.folder.name)}")
        if kind in found:
            came = f"a second label image of type {kind}"
            raise _malformed(store.folder / "labels", came, "one label image for each type")
        found[kind] = f"labels/{name}"
    return found


def _read_numbers(store: Store, group: str) -> NDArray[np.int32]:
    """Read the full size of a label image, its numbers made consecutive."""
    image = store.read_ome(group, _LabelImage)
    numbers = read_plane(store, f"{group}/{image.multiscales[0].datasets[0].path}")
    is_cell = numbers > 0
    present = np.unique(numbers[is_cell])
    consecutive: NDArray[np.int32] = np.zeros(numbers.shape, np.int32)
    consecutive[is_cell] = np.searchsorted(present, numbers[is_cell]) + 1
    return consecutive


def read_plane(store: Store, name: str) -> NDArray[np.integer]:
    """Read an array whole, if it is one plane, and no larger than a photograph.

    Parameters
    ----------
    store : Store
    name : str
        Of the array.

    Returns
    -------
    ndarray of int, shape (H, W)
        Dimensions of length 1 before the last two are left out.

    """
    array = ZarrArray(store, name)
    shape = " × ".join(map(str, array.shape))
    if math.prod(array.shape[:-2]) != 1:
        raise _malformed(
            store.folder / name, f"an array of {shape}", "one plane: all sides but the last two of length 1"
        )
    if math.prod(array.shape) > MAX_PIXELS or array.n_chunks > MAX_FILES:
        came = f"an array of {shape} in {array.n_chunks} chunks"
        raise _malformed(store.folder / name, came, f"at most {MAX_PIXELS} pixels, in at most {MAX_FILES} chunks")
    return array.read().reshape(array.shape[-2:])


def _paint(store: Store, group: str, shape: tuple[int, int]) -> NDArray[np.int32]:
    """Read a label image again; that it has this shape is known by then."""
    return _read_numbers(store, group)


def _malformed(path: Path, came: str, allowed: str) -> LabelError:
    """Make the error of a store that cannot be used."""
    what = f"{quoted(path)} is not a part of OME-Zarr labels that can be read"
    return LabelError(what, came=came, allowed=allowed, do="write the labels again as OME-Zarr 0.4 or 0.5")


def _find(path: Path) -> Sequence[Path]:
    """A store itself, or all that lie in a folder."""
    if is_store(path):
        return [path]
    return [each for each in files_in(path, SUFFIX) if is_store(each)] if path.is_dir() else []


FORMAT = LabelFormat(
    name="OME-Zarr",
    looks="`NAME.ome.zarr` with label images in `labels/TYPE`, one or a folder of them; each value above 0 is a cell "
    "(needs `hemolens[export]`)",
    says=("counts", "boxes", "masks"),
    find=_find,
    read=lambda found, types: read_ome_zarr(found),
)
