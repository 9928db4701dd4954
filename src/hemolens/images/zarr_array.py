"""One array of a Zarr store, read by ourselves so that a hostile one can ask for nothing.

A store names its codecs, and Zarr's own reader runs what is named; one of the codecs unpickles objects. Here only
whole numbers are read, in chunks that are stored plainly or packed by :data:`CODECS`, each in a file or many in one, a
shard. What an array asks for is checked before memory is taken for it, a chunk is never unpacked beyond the size that
it must have, and only the chunks are read that a window meets.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from hemolens.errors import HemolensError, UsageError, quoted
from hemolens.images.photograph import MAX_BYTES, MAX_PIXELS
from hemolens.images.zarr_store import Store, ZarrMetadata

if TYPE_CHECKING:
    from numcodecs.abc import Codec

CodecName = Literal["gzip", "zlib", "zstd", "blosc", "lz4"]

CODECS: tuple[CodecName, ...] = get_args(CodecName)

MAX_DIMENSIONS = 5

MAX_CHUNKS_IN_SHARD = 1_000_000

_ALLOWED = f"metadata of OME-Zarr 0.4 or 0.5; whole numbers, chunks plain or packed by {', '.join(CODECS)}"

_BLOSC_HEADER = 16
"""Bytes."""

_NOT_THERE = 2**64 - 1
"""Where a shard says that a chunk lies when it does not hold it."""

Index = tuple[int, ...]
Side = Annotated[int, Field(gt=0, le=MAX_PIXELS)]
Sides = Annotated[list[Side], Field(min_length=2, max_length=MAX_DIMENSIONS)]


class _Compressor(ZarrMetadata):
    id: CodecName


class _Version2(ZarrMetadata):
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


class _ChunkShape(ZarrMetadata):
    chunk_shape: Sides


class _Grid(ZarrMetadata):
    name: Literal["regular"]
    configuration: _ChunkShape


class _Separator(ZarrMetadata):
    separator: Literal[".", "/"] | None = None


class _Keys(ZarrMetadata):
    name: Literal["default", "v2"]
    configuration: _Separator = _Separator()


class _Endian(ZarrMetadata):
    endian: Literal["little", "big"] = "little"


class _Bytes(ZarrMetadata):
    name: Literal["bytes"]
    configuration: _Endian = _Endian()


class _Packed(ZarrMetadata):
    name: Literal["gzip", "zstd", "blosc"]


class _Checksum(ZarrMetadata):
    name: Literal["crc32c"]


_Codecs = tuple[_Bytes] | tuple[_Bytes, _Packed]


class _InShards(_ChunkShape):
    codecs: _Codecs
    index_codecs: tuple[_Bytes] | tuple[_Bytes, _Checksum]
    index_location: Literal["start", "end"] = "end"


class _Sharding(ZarrMetadata):
    name: Literal["sharding_indexed"]
    configuration: _InShards


class _Version3(ZarrMetadata):
    """``zarr.json``."""

    zarr_format: Literal[3]
    node_type: Literal["array"]
    shape: Sides
    data_type: str = Field(pattern=r"^u?int(8|16|32|64)$")
    chunk_grid: _Grid
    chunk_key_encoding: _Keys
    fill_value: int
    codecs: _Codecs | tuple[_Sharding]


@dataclass(frozen=True)
class _Shards:
    """How chunks lie in shards."""

    n_chunks: Index
    """Along each side of a shard."""
    entry: np.dtype[np.unsignedinteger]
    n_checksum_bytes: int
    index_is_last: bool

    @property
    def n_index_bytes(self) -> int:
        return 2 * self.entry.itemsize * math.prod(self.n_chunks) + self.n_checksum_bytes


@dataclass(frozen=True)
class _Layout:
    """What both versions of Zarr say of an array."""

    shape: Index
    chunks: Index
    dtype: np.dtype[np.integer]
    fill: int
    order: Literal["C", "F"]
    codec: str | None
    prefix: str
    separator: str
    shards: _Shards | None

    def key(self, index: Index) -> str:
        return self.prefix + self.separator.join(map(str, index))


class ZarrArray:
    """An array of whole numbers.

    Parameters
    ----------
    store : Store
    name : str
        Of the folder in it that has the array's ``zarr.json`` or ``.zarray``; ``"."`` for its own.

    Attributes
    ----------
    shape : tuple of int
    dtype : dtype
    n_chunks : int

    Raises
    ------
    HemolensError
        The store's own: there is no such array, or a chunk of it is larger than any photograph.

    """

    def __init__(self, store: Store, name: str) -> None:
        self._store, self._name = store, name
        self._layout = _read_layout(store, name)
        self._check_chunks()
        self._last: tuple[Index, NDArray[np.integer]] | None = None
        self.shape, self.dtype = self._layout.shape, self._layout.dtype
        self.n_chunks = math.prod(-(-n // side) for n, side in zip(self.shape, self._layout.chunks, strict=True))

    def read(self, window: Sequence[slice] | None = None) -> NDArray[np.integer]:
        """Read a window, and of the array only the chunks that it meets.

        Parameters
        ----------
        window : sequence of slice, optional
            From where to where along each side, inside the array; all of it without it.

        Returns
        -------
        ndarray of int
            A copy of these numbers; the fill value where there is no chunk.

        Raises
        ------
        HemolensError
            The store's own: a chunk leads out of it, or is damaged.
        UsageError
            The library that unpacks chunks is not installed.

        """
        wanted = window if window is not None else [slice(0, side) for side in self.shape]
        sides = self._layout.chunks
        numbers = np.full([each.stop - each.start for each in wanted], self._layout.fill, self.dtype)
        for index in product(
            *(range(each.start // side, -(-each.stop // side)) for each, side in zip(wanted, sides, strict=True))
        ):
            chunk = self._chunk(index)
            if chunk is not None:
                met = [_overlap(i * side, side, each) for i, side, each in zip(index, sides, wanted, strict=True)]
                numbers[tuple(into for into, _ in met)] = chunk[tuple(of for _, of in met)]
        return numbers

    def _check_chunks(self) -> None:
        layout = self._layout
        if len(layout.shape) != len(layout.chunks):
            came = f"an array of {len(layout.shape)} sides in chunks of {len(layout.chunks)}"
            raise self._error(came, "chunks with as many sides as the array")
        if self._n_bytes > MAX_BYTES or (layout.shards and math.prod(layout.shards.n_chunks) > MAX_CHUNKS_IN_SHARD):
            came = f"chunks of {' × '.join(map(str, layout.chunks))}"
            raise self._error(came, f"at most {MAX_BYTES} bytes in a chunk, {MAX_CHUNKS_IN_SHARD} chunks in a shard")
        if not np.iinfo(layout.dtype).min <= layout.fill <= np.iinfo(layout.dtype).max:
            raise self._error(f"the fill value {layout.fill}", f"one that {layout.dtype.name} holds")

    @property
    def _n_bytes(self) -> int:
        """Of an unpacked chunk."""
        return math.prod(self._layout.chunks) * self._layout.dtype.itemsize

    def _chunk(self, index: Index) -> NDArray[np.integer] | None:
        """Unpack a chunk; the last one is kept, for some arrays have no other."""
        if self._last is not None and self._last[0] == index:
            return self._last[1]
        data = self._packed(index)
        if data is None:
            return None
        try:
            unpacked = _unpacked(data, self._layout.codec, self._n_bytes)
        except (ValueError, RuntimeError, zlib.error) as error:
            came = f"a chunk {quoted(self._layout.key(index))} that cannot be unpacked ({error})"
            raise self._error(came, f"chunks of {self._n_bytes} bytes") from error
        chunk = np.frombuffer(unpacked, self.dtype).reshape(self._layout.chunks, order=self._layout.order)
        self._last = index, chunk
        return chunk

    def _packed(self, index: Index) -> bytes | None:
        """Read a chunk as it is stored; None where it is not."""
        most = self._n_bytes + self._n_bytes // 100 + 1024  # what cannot be packed becomes a little larger
        shards = self._layout.shards
        if shards is None:
            return self._store.read(f"{self._name}/{self._layout.key(index)}", most)
        of, within = zip(*map(divmod, index, shards.n_chunks), strict=True)
        file = f"{self._name}/{self._layout.key(of)}"
        size = shards.n_index_bytes
        table = self._store.read_part(file, -size if shards.index_is_last else 0, size)
        if table is None:
            return None
        entries = np.frombuffer(table, shards.entry, 2 * math.prod(shards.n_chunks)).reshape(*shards.n_chunks, 2)
        start, n_bytes = map(int, entries[within])
        if start == n_bytes == _NOT_THERE:
            return None
        if n_bytes > most:
            raise self._error(f"a chunk of {n_bytes} bytes in {quoted(self._layout.key(of))}", f"at most {most} bytes")
        return self._store.read_part(file, start, n_bytes)

    def _error(self, came: str, allowed: str) -> HemolensError:
        return self._store.error(self._store.folder / self._name, came, allowed)


def _overlap(first: int, side: int, wanted: slice) -> tuple[slice, slice]:
    """Say where those numbers of a chunk that are wanted go, and where in the chunk they are.

    >>> _overlap(10, 5, slice(12, 30))
    (slice(0, 3, None), slice(2, 5, None))
    """
    start, stop = max(first, wanted.start), min(first + side, wanted.stop)
    return slice(start - wanted.start, stop - wanted.start), slice(start - first, stop - first)


def _read_layout(store: Store, name: str) -> _Layout:
    if (store.folder / name / "zarr.json").exists():
        return _layout_of_version_3(store, name)
    old = store.read_json(f"{name}/.zarray", _Version2, _ALLOWED)
    return _Layout(
        shape=tuple(old.shape),
        chunks=tuple(old.chunks),
        dtype=np.dtype(old.dtype),
        fill=old.fill_value or 0,
        order=old.order,
        codec=old.compressor.id if old.compressor else None,
        prefix="",
        separator=old.dimension_separator,
        shards=None,
    )


def _layout_of_version_3(store: Store, name: str) -> _Layout:
    new = store.read_json(f"{name}/zarr.json", _Version3, _ALLOWED)
    outer = new.chunk_grid.configuration.chunk_shape
    first, *packed = new.codecs
    shards = None
    if isinstance(first, _Sharding):
        inner = first.configuration
        if len(inner.chunk_shape) != len(outer) or any(a % b for a, b in zip(outer, inner.chunk_shape, strict=True)):
            came = f"shards of {outer} with chunks of {inner.chunk_shape}"
            raise store.error(store.folder / name, came, "shards of whole chunks")
        index_bytes, *checksum = inner.index_codecs
        shards = _Shards(
            n_chunks=tuple(a // b for a, b in zip(outer, inner.chunk_shape, strict=True)),
            entry=np.dtype(np.uint64).newbyteorder(_sign(index_bytes)),
            n_checksum_bytes=4 * len(checksum),
            index_is_last=inner.index_location == "end",
        )
        outer = inner.chunk_shape
        first, *packed = inner.codecs
    keys = new.chunk_key_encoding
    separator = keys.configuration.separator or ("/" if keys.name == "default" else ".")
    return _Layout(
        shape=tuple(new.shape),
        chunks=tuple(outer),
        dtype=np.dtype(new.data_type).newbyteorder(_sign(first)),
        fill=new.fill_value,
        order="C",
        codec=next((each.name for each in packed if isinstance(each, _Packed)), None),
        prefix=f"c{separator}" if keys.name == "default" else "",
        separator=separator,
        shards=shards,
    )


def _sign(stored: _Bytes) -> Literal["<", ">"]:
    return "<" if stored.configuration.endian == "little" else ">"


def _unpacked(data: bytes, codec: str | None, n_bytes: int) -> bytes | NDArray[np.uint8]:
    """Unpack a chunk, never beyond the size that it must have.

    Raises
    ------
    ValueError, RuntimeError, zlib.error
        It is damaged, or its size is another.

    """
    if codec in {"zstd", "blosc", "lz4"}:
        _check_header(data, codec, n_bytes)
        out = np.zeros(n_bytes, np.uint8)
        _codecs()[codec].decode(data, out)
        return out
    if codec is not None:
        data = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(data, n_bytes + 1)  # 32: gzip or zlib, as it begins
    if len(data) != n_bytes:
        raise ValueError(f"{'more' if len(data) > n_bytes else 'fewer'} bytes than it must have")
    return data


def _check_header(data: bytes, codec: str, n_bytes: int) -> None:
    """Refuse what does not state the size that it must have.

    numcodecs believes the header of Blosc and reads beyond the end of the chunk; and a chunk that unpacks to fewer
    bytes is no error to it.

    Raises
    ------
    ValueError

    """
    if codec == "blosc" and (len(data) < _BLOSC_HEADER or _number(data[12:16]) != len(data)):
        raise ValueError("its header states another packed size")
    stated = _zstd_size(data) if codec == "zstd" else _number(data[4:8] if codec == "blosc" else data[:4])
    if stated is not None and stated != n_bytes:
        raise ValueError(f"its header states {stated} bytes")


def _zstd_size(data: bytes) -> int | None:
    """Unpacked size as the header of a frame of zstd states it (RFC 8878, 3.1.1.1); None where it is silent.

    >>> _zstd_size(bytes.fromhex("28b52ffd 20 64")), _zstd_size(bytes.fromhex("28b52ffd 00 58"))
    (100, None)
    """
    descriptor = data[4] if len(data) > 4 else 0
    is_single = descriptor >> 5 & 1
    n_bytes = (is_single, 2, 4, 8)[descriptor >> 6]
    at = 5 + (1 - is_single) + (0, 1, 2, 4)[descriptor & 3]
    return _number(data[at : at + n_bytes]) + 256 * (n_bytes == 2) if n_bytes else None


def _number(little_endian: bytes) -> int:
    return int.from_bytes(little_endian, "little")


def _codecs() -> dict[str, Codec]:
    try:
        import numcodecs
    except ModuleNotFoundError as error:
        raise UsageError(
            "OME-Zarr needs a library that is not installed",
            came="no numcodecs",
            allowed="an installation with numcodecs",
            do="pip install 'hemolens[export]'",
        ) from error
    return {"zstd": numcodecs.Zstd(), "blosc": numcodecs.Blosc(), "lz4": numcodecs.LZ4()}
