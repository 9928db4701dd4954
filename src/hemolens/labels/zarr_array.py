"""One array of a Zarr store, read by ourselves so that a hostile one can ask for nothing.

A store names its codecs, and Zarr's own reader runs what is named; one of the codecs unpickles objects. Here only
whole numbers are read, in chunks that are stored plainly or packed by :data:`CODECS`. What an array asks for is checked
before memory is taken for it, and a chunk is never unpacked beyond the size that it must have.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hemolens.errors import LabelError, UsageError
from hemolens.labels.label_file import MAX_FILES, read_bytes, read_text
from hemolens.photograph import MAX_PIXELS, quoted

if TYPE_CHECKING:
    from numcodecs.abc import Codec

CODECS = ("gzip", "zlib", "zstd", "blosc", "lz4")

MAX_METADATA_BYTES = 50_000_000
"""Largest file of metadata: the properties of some hundred thousand cells."""

MAX_DIMENSIONS = 5

Side = Annotated[int, Field(gt=0, le=MAX_PIXELS)]
Sides = Annotated[list[Side], Field(min_length=2, max_length=MAX_DIMENSIONS)]
Model = TypeVar("Model", bound=BaseModel)


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Compressor(_Part):
    id: Literal["gzip", "zlib", "zstd", "blosc", "lz4"]


class _Version2(_Part):
    """``.zarray``."""

    zarr_format: Literal[2]
    shape: Sides
    chunks: Sides
    dtype: str = Field(pattern=r"^[<>|][iu][1248]$")
    compressor: _Compressor | None
    fill_value: int | None
    order: Literal["C", "F"]
    filters: list[None] | None = Field(None, max_length=0)
    dimension_separator: Literal[".", "/"] = "."


class _ChunkShape(_Part):
    chunk_shape: Sides


class _Grid(_Part):
    name: Literal["regular"]
    configuration: _ChunkShape


class _Separator(_Part):
    separator: Literal[".", "/"] | None = None


class _Keys(_Part):
    name: Literal["default", "v2"]
    configuration: _Separator = _Separator()


class _Endian(_Part):
    endian: Literal["little", "big"] = "little"


class _Bytes(_Part):
    name: Literal["bytes"]
    configuration: _Endian = _Endian()


class _Packed(_Part):
    name: Literal["gzip", "zstd", "blosc"]


class _Version3(_Part):
    """``zarr.json``."""

    zarr_format: Literal[3]
    node_type: Literal["array"]
    shape: Sides
    data_type: str = Field(pattern=r"^u?int(8|16|32|64)$")
    chunk_grid: _Grid
    chunk_key_encoding: _Keys
    fill_value: int
    codecs: tuple[_Bytes] | tuple[_Bytes, _Packed]


@dataclass(frozen=True)
class _Layout:
    """What both versions of Zarr say of an array."""

    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    dtype: np.dtype[np.integer]
    fill: int
    order: Literal["C", "F"]
    codec: str | None
    prefix: str
    separator: str

    def key(self, index: tuple[int, ...]) -> str:
        return self.prefix + self.separator.join(map(str, index))


def read_array(folder: Path) -> NDArray[np.integer]:
    """Read the array that a folder holds.

    Parameters
    ----------
    folder : Path
        With ``zarr.json`` or ``.zarray`` in it.

    Returns
    -------
    ndarray of int, shape (H, W)
        Dimensions of length 1 before the last two are left out.

    Raises
    ------
    LabelError
        It is no such array, is larger than a photograph may be, a chunk leads out of it, or is damaged.
    UsageError
        The library that unpacks chunks is not installed.

    """
    layout = _read_layout(folder)
    _check_sizes(folder, layout)
    array = np.full(layout.shape, layout.fill, layout.dtype)
    for index in product(*(range(-(-side // chunk)) for side, chunk in zip(layout.shape, layout.chunks, strict=True))):
        path = folder / layout.key(index)
        if not path.exists():
            continue  # it holds nothing but the fill value
        if not path.resolve().is_relative_to(folder.resolve()):
            raise malformed(folder, f"a chunk that leads elsewhere, {quoted(layout.key(index))}", "chunks in the store")
        chunk = _read_chunk(path, layout)
        window = tuple(slice(i * n, (i + 1) * n) for i, n in zip(index, layout.chunks, strict=True))
        own = array[window]
        own[...] = chunk[tuple(slice(n) for n in own.shape)]
    return array.reshape(layout.shape[-2:])


def read_json(path: Path, model: type[Model]) -> Model:
    """Read a file of metadata, not too large and not nested too deep.

    Raises
    ------
    LabelError

    """
    try:
        return model.model_validate_json(read_text(path, MAX_METADATA_BYTES))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        came = quoted(f"{path.name}: {where}: {first['msg']}" if where else f"{path.name}: {first['msg']}")
        allowed = f"metadata of OME-Zarr 0.4 or 0.5; whole numbers, chunks plain or packed by {', '.join(CODECS)}"
        raise malformed(path.parent, came, allowed) from error


def malformed(folder: Path, came: str, allowed: str) -> LabelError:
    """Make the error of a store that cannot be used."""
    what = f"{quoted(folder)} is not a part of OME-Zarr labels that can be read"
    do = "write the labels again as OME-Zarr 0.4 or 0.5, without shards"
    return LabelError(what, came=came, allowed=allowed, do=do)


def _read_layout(folder: Path) -> _Layout:
    if (folder / "zarr.json").exists():
        new = read_json(folder / "zarr.json", _Version3)
        first, *packed = new.codecs
        keys = new.chunk_key_encoding
        separator = keys.configuration.separator or ("/" if keys.name == "default" else ".")
        return _Layout(
            shape=tuple(new.shape),
            chunks=tuple(new.chunk_grid.configuration.chunk_shape),
            dtype=np.dtype(new.data_type).newbyteorder("<" if first.configuration.endian == "little" else ">"),
            fill=new.fill_value,
            order="C",
            codec=next((each.name for each in packed if isinstance(each, _Packed)), None),
            prefix=f"c{separator}" if keys.name == "default" else "",
            separator=separator,
        )
    old = read_json(folder / ".zarray", _Version2)
    return _Layout(
        shape=tuple(old.shape),
        chunks=tuple(old.chunks),
        dtype=np.dtype(old.dtype),
        fill=old.fill_value or 0,
        order=old.order,
        codec=old.compressor.id if old.compressor else None,
        prefix="",
        separator=old.dimension_separator,
    )


def _check_sizes(folder: Path, layout: _Layout) -> None:
    """Refuse an array for which more memory or more files would be needed than for any photograph."""
    shape = " × ".join(map(str, layout.shape))
    if len(layout.shape) != len(layout.chunks) or math.prod(layout.shape[:-2]) != 1:
        raise malformed(folder, f"an array of {shape}", "one plane: all sides but the last two of length 1")
    n_chunks = math.prod(-(-side // chunk) for side, chunk in zip(layout.shape, layout.chunks, strict=True))
    if max(math.prod(layout.shape), math.prod(layout.chunks)) > MAX_PIXELS or n_chunks > MAX_FILES:
        came = f"an array of {shape} in {n_chunks} chunks of {' × '.join(map(str, layout.chunks))}"
        raise malformed(folder, came, f"at most {MAX_PIXELS} pixels, in at most {MAX_FILES} chunks")
    if not np.iinfo(layout.dtype).min <= layout.fill <= np.iinfo(layout.dtype).max:
        raise malformed(folder, f"the fill value {layout.fill}", f"one that {layout.dtype.name} holds")


def _read_chunk(path: Path, layout: _Layout) -> NDArray[np.integer]:
    n_bytes = math.prod(layout.chunks) * layout.dtype.itemsize
    try:
        data = _unpacked(read_bytes(path), layout.codec, n_bytes)
    except (ValueError, RuntimeError, zlib.error) as error:
        came = f"a chunk {quoted(path.name)} that cannot be unpacked ({error})"
        raise malformed(path.parent, came, f"chunks of {n_bytes} bytes") from error
    return np.frombuffer(data, layout.dtype).reshape(layout.chunks, order=layout.order)


def _unpacked(data: bytes, codec: str | None, n_bytes: int) -> bytes | NDArray[np.uint8]:
    """Unpack a chunk, never beyond the size that it must have.

    Raises
    ------
    ValueError, RuntimeError, zlib.error
        It is damaged, or its size is another.

    """
    if codec in {"zstd", "blosc", "lz4"}:
        out = np.zeros(n_bytes, np.uint8)
        _codecs()[codec].decode(data, out)
        return out
    if codec is not None:
        data = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(data, n_bytes + 1)  # 32: gzip or zlib, as it begins
    if len(data) != n_bytes:
        raise ValueError(f"{'more' if len(data) > n_bytes else 'fewer'} bytes than it must have")
    return data


def _codecs() -> dict[str, Codec]:
    try:
        import numcodecs
    except ModuleNotFoundError as error:
        raise UsageError(
            "OME-Zarr labels need a library that is not installed",
            came="no numcodecs",
            allowed="an installation with numcodecs",
            do="pip install 'hemolens[export]'",
        ) from error
    return {"zstd": numcodecs.Zstd(), "blosc": numcodecs.Blosc(), "lz4": numcodecs.LZ4()}
