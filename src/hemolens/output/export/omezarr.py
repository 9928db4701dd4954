"""``omezarr/NAME.ome.zarr``: the photograph with the cells of each type as labels, in the layout of OME-Zarr 0.5.

::

    NAME.ome.zarr/              the photograph, channels red, green and blue
    ├── 0 … 3                   full size, and halved again and again
    └── labels/
        ├── rbc/  0 … 3         the number of each cell in cells.csv, 0 where there is none
        ├── wbc/
        └── plt/

Labels are part of an image in this format, hence the photograph. A cell has a shade of its type's colour, so that cells
that touch can be told apart, and its measurements among the properties. Every array is one chunk, so that a photograph
has the same files whatever its size: those of an earlier run are all replaced, and no file is removed that is not ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.images.box import Box
from hemolens.output.cells_csv import measurements_of
from hemolens.output.entries import Entry
from hemolens.output.export.export_format import Contents, ExportFormat
from hemolens.output.export.labels import label_image
from hemolens.output.overlay import COLOURS

if TYPE_CHECKING:
    import zarr
    from zarr.core.buffer import Buffer

    from hemolens.counted_image import CountedImage

N_LEVELS = 4
"""The photograph, and so many times less one halved."""

VERSION = "0.5"

_COLOURS = {"red": "FF0000", "green": "00FF00", "blue": "0000FF"}

_METADATA = "zarr.json"


class OmeZarr(ExportFormat):
    """A folder of files for each photograph."""

    needs = ("zarr",)
    draws_every_pixel = True

    @staticmethod
    def files(entry: Entry) -> tuple[str, ...]:
        image = f"omezarr/{entry.stem}.ome.zarr"
        labels = [name for kind in CELL_TYPES for name in _files_of_levels(f"{image}/labels/{kind}", "c/0/0")]
        return *_files_of_levels(image, "c/0/0/0"), f"{image}/labels/{_METADATA}", *labels

    @staticmethod
    def own(entry: Entry, result: CountedImage) -> Contents:
        folder = f"omezarr/{entry.stem}.ome.zarr"
        return {f"{folder}/{name}": content for name, content in store_files(result).items()}


def _files_of_levels(folder: str, chunk: str) -> Iterator[str]:
    yield f"{folder}/{_METADATA}"
    for level in range(N_LEVELS):
        yield f"{folder}/{level}/{_METADATA}"
        yield f"{folder}/{level}/{chunk}"


def store_files(result: CountedImage) -> dict[str, bytes]:
    """Write one photograph and its labels.

    Parameters
    ----------
    result : CountedImage

    Returns
    -------
    dict of str to bytes
        By name within the store. The same photograph and cells give the same bytes.

    """
    import zarr
    from zarr.storage import MemoryStore

    memory: dict[str, Buffer] = {}
    store = MemoryStore(memory)
    um_per_px = result.stated_um_per_px
    image = zarr.create_group(
        store, attributes={"ome": {**_multiscales(("c", "y", "x"), um_per_px), "omero": _rendering()}}
    )
    pixels = result.image.read(Box(0, 0, *result.image.shape))
    _write_levels(image, _halved_pictures(np.moveaxis(pixels, -1, 0)), ("c", "y", "x"))
    labels = image.create_group("labels", attributes={"ome": {"version": VERSION, "labels": list(CELL_TYPES)}})
    for kind in CELL_TYPES:
        described = {**_multiscales(("y", "x"), um_per_px), "image-label": _image_label(result, kind)}
        of_type = labels.create_group(kind, attributes={"ome": described})
        _write_levels(of_type, _halved_labels(label_image(result, kind)), ("y", "x"))
    return {name: content.to_bytes() for name, content in memory.items()}


def _write_levels(group: zarr.Group, levels: Iterator[NDArray[Any]], axes: tuple[str, ...]) -> None:
    """Write each level as one chunk, an empty one, too."""
    for number, level in enumerate(levels):
        array = group.create_array(
            str(number),
            shape=level.shape,
            chunks=level.shape,
            dtype=level.dtype,
            fill_value=0,
            dimension_names=axes,
            config={"write_empty_chunks": True},
        )
        array[:] = level


def _halved_pictures(picture: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """Give a picture (C, H, W) on every level: each pixel is the mean of the four under it."""
    yield picture
    for _ in range(1, N_LEVELS):
        n_rows, n_cols = picture.shape[1:]
        even = np.pad(picture, ((0, 0), (0, n_rows % 2), (0, n_cols % 2)), mode="edge").astype(np.uint16)
        four = even[:, ::2, ::2] + even[:, 1::2, ::2] + even[:, ::2, 1::2] + even[:, 1::2, 1::2]
        picture = ((four + 2) // 4).astype(np.uint8)
        yield picture


def _halved_labels(labels: NDArray[np.uint16 | np.uint32]) -> Iterator[NDArray[np.uint16 | np.uint32]]:
    """Give labels on every level: each pixel is the first of the four under it, for numbers have no mean."""
    for level in range(N_LEVELS):
        yield labels[:: 2**level, :: 2**level]


def _multiscales(axes: Sequence[str], um_per_px: float | None) -> dict[str, Any]:
    """Describe the levels: their axes, and where their pixels lie; in µm where the scale is stated."""
    unit = {"unit": "micrometer"} if um_per_px else {}
    described = [{"name": axis, **({"type": "channel"} if axis == "c" else {"type": "space", **unit})} for axis in axes]
    datasets = []
    for level in range(N_LEVELS):
        step, first = (um_per_px or 1.0) * 2**level, (um_per_px or 1.0) * (2**level - 1) / 2
        scale = [1.0 if axis == "c" else step for axis in axes]
        translation = [0.0 if axis == "c" else first for axis in axes]
        placed = [{"type": "scale", "scale": scale}, {"type": "translation", "translation": translation}]
        datasets.append({"path": str(level), "coordinateTransformations": placed})
    return {"version": VERSION, "multiscales": [{"axes": described, "datasets": datasets}]}


def _rendering() -> dict[str, Any]:
    """Say that the channels are those of a colour photograph."""
    window = {"min": 0, "max": 255, "start": 0, "end": 255}
    channels = [{"label": name, "color": colour, "window": window, "active": True} for name, colour in _COLOURS.items()]
    return {"channels": channels, "rdefs": {"model": "color"}}


def _image_label(result: CountedImage, kind: CellType) -> dict[str, Any]:
    numbered = [(number, cell) for number, cell in enumerate(result.cells, start=1) if cell.type == kind]
    return {
        "colors": [{"label-value": number, "rgba": _shade(kind, number)} for number, _ in numbered],
        "properties": [{"label-value": number, "type": kind, **measurements_of(cell)} for number, cell in numbered],
        "source": {"image": "../../"},
    }


def _shade(kind: CellType, number: int) -> list[int]:
    """Give a shade of a type's colour; numbers near each other have shades far apart.

    >>> _shade("rbc", 1)[3], _shade("rbc", 1) != _shade("rbc", 2)
    (255, True)
    """
    brightness = 1 - 0.5 * (number * 0.618 % 1)
    return [*(round(brightness * channel) for channel in COLOURS[kind]), 255]
