"""Arrays that Zarr's own library writes are read; those that ask for too much are refused before anything is taken."""

import builtins
import gzip
import json
import os

import numpy as np
import pytest

from hemolens.errors import LabelError, UsageError
from hemolens.labels import zarr_array
from hemolens.labels.zarr_array import read_array, read_json

NUMBERS = np.arange(35, dtype=np.uint16).reshape(5, 7)
PLAIN = NUMBERS.tobytes()


@pytest.fixture
def write(tmp_path):
    """Write an array of 5 × 7 in one plain chunk, its metadata changed as a test wants."""

    def write_array(chunk=PLAIN, **changes):
        metadata = {
            "zarr_format": 2, "shape": [5, 7], "chunks": [5, 7], "dtype": "<u2", "compressor": None, "fill_value": 0,
            "order": "C", "filters": None,
        }  # fmt: skip
        (tmp_path / ".zarray").write_text(json.dumps(metadata | changes))
        if chunk is not None:
            (tmp_path / "0.0").write_bytes(chunk)
        return tmp_path

    return write_array


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("codec", ["none", "gzip", "zstd", "blosc"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", ">i4", "int64"])
def test_what_the_library_writes_is_read(tmp_path, zarr_format, codec, dtype):
    zarr = pytest.importorskip("zarr")
    numcodecs = pytest.importorskip("numcodecs")
    old = {"none": None, "gzip": numcodecs.GZip(), "zstd": numcodecs.Zstd(), "blosc": numcodecs.Blosc()}
    new = {"none": None, "gzip": zarr.codecs.GzipCodec(), "zstd": zarr.codecs.ZstdCodec(),
           "blosc": zarr.codecs.BloscCodec()}  # fmt: skip
    array = zarr.create_array(
        tmp_path, shape=(1, 5, 7), chunks=(1, 2, 3), dtype=dtype, zarr_format=zarr_format, fill_value=0,
        compressors=(old if zarr_format == 2 else new)[codec], overwrite=True,
    )  # fmt: skip
    array[:] = NUMBERS[None]
    np.testing.assert_array_equal(read_array(tmp_path), NUMBERS)


@pytest.mark.parametrize("codec", ["Zlib", "LZ4"])
def test_older_codecs_are_read(write, codec):
    numcodecs = pytest.importorskip("numcodecs")
    packed = getattr(numcodecs, codec)().encode(NUMBERS)
    np.testing.assert_array_equal(read_array(write(packed, compressor={"id": codec.lower()})), NUMBERS)


def test_columns_first(write):
    np.testing.assert_array_equal(read_array(write(NUMBERS.tobytes(order="F"), order="F")), NUMBERS)


def test_a_chunk_that_is_not_there_has_the_fill_value(write):
    assert (read_array(write(None, fill_value=3)) == 3).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shape": [1_000_000, 1_000_000]}, "got an array of 1000000 × 1000000 in .* at most 400000000 pixels"),
        ({"chunks": [30_000, 30_000]}, r"chunks of 30000 × 30000; allowed: at most 400000000 pixels"),
        ({"shape": [5000, 5000], "chunks": [1, 1]}, r"in 25000000 chunks"),
        ({"shape": [10**30, 7]}, r"'\.zarray: shape\.0: "),
        ({"shape": [0, 7]}, r"'\.zarray: shape\.0: "),
        ({"shape": [7], "chunks": [7]}, r"'\.zarray: shape: "),
        ({"shape": [1] * 40, "chunks": [1] * 40}, r"'\.zarray: shape: "),
        ({"shape": [2, 5, 7], "chunks": [1, 5, 7]}, r"got an array of 2 × 5 × 7; allowed: one plane"),
        ({"chunks": [1, 5, 7]}, r"allowed: one plane"),
        ({"dtype": "|O"}, r"'\.zarray: dtype: "),
        ({"dtype": "<f4"}, r"'\.zarray: dtype: "),
        ({"filters": [{"id": "pickle"}]}, r"'\.zarray: filters"),
        ({"compressor": {"id": "pickle"}}, r"'\.zarray: compressor\.id: .*packed by gzip, zlib, zstd, blosc, lz4;"),
        ({"fill_value": 70_000}, "the fill value 70000; allowed: one that uint16 holds"),
        ({"dimension_separator": "../"}, r"'\.zarray: dimension_separator"),
    ],
)  # fmt: skip
def test_an_array_that_is_none_or_asks_for_too_much_is_refused(write, changes, message):
    with pytest.raises(LabelError, match=message):
        read_array(write(**changes))


@pytest.mark.parametrize(
    ("chunk", "codec"),
    [
        (b"", None),
        (NUMBERS.tobytes()[:-1], None),
        (NUMBERS.tobytes() * 2, None),
        (gzip.compress(bytes(10_000_000)), "gzip"),
        (b"no gzip", "gzip"),
        (b"no zstd", "zstd"),
        (b"no blosc, and it is longer than a header", "blosc"),
    ],
)
def test_a_chunk_of_another_size_is_refused(write, chunk, codec):
    pytest.importorskip("numcodecs")
    with pytest.raises(LabelError, match=r"a chunk '0\.0' that cannot be unpacked .* allowed: chunks of 70 bytes"):
        read_array(write(chunk, compressor=codec and {"id": codec}))


@pytest.mark.parametrize("codec", ["Zstd", "Blosc", "LZ4"])
def test_a_chunk_that_unpacks_to_much_more_is_refused(write, codec):
    numcodecs = pytest.importorskip("numcodecs")
    bomb = getattr(numcodecs, codec)().encode(np.zeros(10_000_000, np.uint8))
    with pytest.raises(LabelError, match="destination buffer too small"):
        read_array(write(bomb, compressor={"id": codec.lower()}))


def test_a_chunk_that_leads_elsewhere_is_refused(write, tmp_path_factory):
    secret = tmp_path_factory.mktemp("elsewhere") / "secret"
    secret.write_bytes(NUMBERS.tobytes())
    (write(None) / "0.0").symlink_to(secret)
    with pytest.raises(LabelError, match=r"a chunk that leads elsewhere, '0\.0'"):
        read_array(write(None))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_chunk_that_is_no_file_is_refused(write):
    os.mkfifo(write(None) / "0.0")
    with pytest.raises(LabelError, match="the labels are no file"):
        read_array(write(None))


def test_shards_are_refused_with_what_to_do(tmp_path):
    zarr = pytest.importorskip("zarr")
    zarr.create_array(tmp_path, shape=(8, 8), chunks=(2, 2), shards=(4, 4), dtype="uint16")
    with pytest.raises(LabelError, match=r"codecs.*; write the labels again as OME-Zarr .*, without shards"):
        read_array(tmp_path)


def test_metadata_nested_too_deep_are_refused(tmp_path):
    (tmp_path / ".zarray").write_text('{"attributes": ' + "[" * 100_000 + "]" * 100_000 + "}")
    with pytest.raises(LabelError, match="recursion limit exceeded"):
        read_array(tmp_path)


def test_metadata_that_are_too_large_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(zarr_array, "MAX_METADATA_BYTES", 20)
    (tmp_path / ".zarray").write_text(" " * 21)
    with pytest.raises(LabelError, match="too large"):
        read_json(tmp_path / ".zarray", zarr_array._Version2)


def test_a_missing_library_is_named(write, monkeypatch):
    plain = builtins.__import__

    def without(name, *rest):
        if name == "numcodecs":
            raise ModuleNotFoundError(name)
        return plain(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match=r"got no numcodecs; .*pip install 'hemolens\[export\]'"):
        read_array(write(b"", compressor={"id": "zstd"}))
