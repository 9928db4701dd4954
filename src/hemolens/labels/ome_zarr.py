"""``NAME.ome.zarr``: the labels of one photograph in the layout of OME-Zarr 0.4 or 0.5, one store or a folder of them.

The store is that of the photograph called NAME, and in its folder ``labels`` each label image is of the type that it is
called after, as ``labels/rbc``; every number above 0 is a cell. The first level is read, the one of full size. A label
image without a cell says that there is none; a type without a label image is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from hemolens.config import CellType
from hemolens.errors import LabelError
from hemolens.labels.cell_words import cell_type_of
from hemolens.labels.mask_folder import boxes_of_numbers
from hemolens.labels.truth import Labels, Truth
from hemolens.labels.zarr_array import malformed, read_array, read_json
from hemolens.photograph import quoted

SUFFIX = ".zarr"

_GROUP_FILES = ("zarr.json", ".zgroup")


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Dataset(_Part):
    path: str = Field(pattern=r"^\w[\w.-]*(/\w[\w.-]*)*$")
    """Within the label image: no part of it can lead out."""


class _Multiscale(_Part):
    datasets: list[_Dataset] = Field(min_length=1)


class _LabelImage(_Part):
    multiscales: list[_Multiscale] = Field(min_length=1)


class _LabelNames(_Part):
    labels: list[str] = Field(min_length=1)


class _OfLabelImage(_Part):
    ome: _LabelImage


class _OfLabelNames(_Part):
    ome: _LabelNames


class _LabelImageFile(_Part):
    attributes: _OfLabelImage


class _LabelNamesFile(_Part):
    attributes: _OfLabelNames


def is_store(folder: Path) -> bool:
    """Whether a folder is a Zarr store."""
    return any((folder / name).is_file() for name in _GROUP_FILES)


def stores_in(folder: Path) -> list[Path]:
    """List the stores that lie directly in a folder, by name; hidden ones are passed over."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() == SUFFIX and not path.name.startswith(".") and is_store(path)
    )


def read_ome_zarr(stores: Sequence[Path]) -> Labels:
    """Read the label images of photographs.

    Parameters
    ----------
    stores : sequence of Path
        One for each photograph.

    Raises
    ------
    LabelError
        A store holds no labels, its metadata are malformed or ask for too much, a label image is of no cell type or
        damaged, or two stores are of one photograph.
    UsageError
        The library that unpacks them is not installed.

    """
    truths: dict[str, dict[CellType, Truth]] = {}
    sizes: dict[str, tuple[int, int]] = {}
    for store in stores:
        name = _photograph_of(store)
        if name in truths:
            raise malformed(store, f"a second store for {quoted(name)}", "one store for each photograph")
        of_photograph = truths.setdefault(name, {})
        for kind, folder in _label_images(store).items():
            numbers = _read_numbers(folder)
            shape = (numbers.shape[0], numbers.shape[1])
            if sizes.setdefault(name, shape) != shape:
                raise malformed(folder, f"a label image of {shape[1]} × {shape[0]} px", "label images of one size")
            boxes = boxes_of_numbers(numbers)
            of_photograph[kind] = Truth(len(boxes), boxes, partial(_paint, folder))
    return Labels(truths, sizes)


def _photograph_of(store: Path) -> str:
    """Name a photograph as its store does.

    >>> _photograph_of(Path("results/smear.ome.zarr"))
    'smear'
    """
    return store.resolve().name.removesuffix(SUFFIX).removesuffix(".ome")


def _label_images(store: Path) -> dict[CellType, Path]:
    """Find the folder of each type's label image."""
    folder = store / "labels"
    if not is_store(folder):
        raise LabelError(
            "the OME-Zarr holds no labels",
            came=quoted(store),
            allowed="a store with label images called rbc, wbc or plt in its folder labels",
            do="name the store of a labelled photograph",
        )
    if (folder / "zarr.json").exists():
        names = read_json(folder / "zarr.json", _LabelNamesFile).attributes.ome.labels
    else:
        names = read_json(folder / ".zattrs", _LabelNames).labels
    found: dict[CellType, Path] = {}
    for name in names:
        kind = cell_type_of(name, f"the labels of {quoted(store.name)}")  # a word we know, hence no path
        if kind in found:
            raise malformed(folder, f"a second label image of type {kind}", "one label image for each type")
        found[kind] = folder / name
    return found


def _read_numbers(folder: Path) -> NDArray[np.int32]:
    """Read the full size of a label image, its numbers made consecutive."""
    if (folder / "zarr.json").exists():
        image = read_json(folder / "zarr.json", _LabelImageFile).attributes.ome
    else:
        image = read_json(folder / ".zattrs", _LabelImage)
    numbers = read_array(folder / image.multiscales[0].datasets[0].path)
    is_cell = numbers > 0
    present = np.unique(numbers[is_cell])
    consecutive: NDArray[np.int32] = np.zeros(numbers.shape, np.int32)
    consecutive[is_cell] = np.searchsorted(present, numbers[is_cell]) + 1
    return consecutive


def _paint(folder: Path, shape: tuple[int, int]) -> NDArray[np.int32]:
    """Read a label image again; that it has this shape is known by then."""
    return _read_numbers(folder)
