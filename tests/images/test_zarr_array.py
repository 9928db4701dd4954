"""Arrays that Zarr's own library writes are read; those that ask for too much are refused before anything is taken."""

import builtins
import gzip
import json

import numpy as np
import pytest

from hemolens.errors import PhotographError, UsageError
from hemolens.images import zarr_array
from hemolens.images.zarr_array import ZarrArray
from hemolens.images.zarr_store import Store

NUMBERS = np.arange(35, dtype=np.uint16).reshape(5, 7)
PLAIN = NUMBERS.tobytes()


def error(path, came, allowed):
    return PhotographError(f"bad '{path.name}'", came=came, allowed=allowed, do="write it again")


def open_array(folder):
    return ZarrArray(Store(folder, error), ".")


def read_array(folder):
    return open_array(folder).read()


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
    np.testing.assert_array_equal(read_array(tmp_path), NUMBERS[None])


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
        ({"chunks": [60_000, 60_000]}, r"got chunks of 60000 × 60000; allowed: at most 3200000000 bytes in a chunk"),
        ({"shape": [10**30, 7]}, r"'\.zarray: shape\.0: "),
        ({"shape": [0, 7]}, r"'\.zarray: shape\.0: "),
        ({"shape": [7], "chunks": [7]}, r"'\.zarray: shape: "),
        ({"shape": [1] * 40, "chunks": [1] * 40}, r"'\.zarray: shape: "),
        ({"chunks": [1, 5, 7]}, "got an array of 2 sides in chunks of 3; allowed: chunks with as many sides"),
        ({"dtype": "|O"}, r"'\.zarray: dtype: "),
        ({"dtype": "<f4"}, r"'\.zarray: dtype: "),
        ({"filters": [{"id": "pickle"}]}, r"'\.zarray: filters"),
        ({"compressor": {"id": "pickle"}}, r"'\.zarray: compressor\.id: .*packed by gzip, zlib, zstd, blosc, lz4;"),
        ({"fill_value": 70_000}, "the fill value 70000; allowed: one that uint16 holds"),
        ({"dimension_separator": "../"}, r"'\.zarray: dimension_separator"),
    ],
)  # fmt: skip
def test_an_array_that_is_none_or_asks_for_too_much_is_refused(write, changes, message):
    with pytest.raises(PhotographError, match=message):
        read_array(write(**changes))


@pytest.mark.parametrize(
    ("chunk", "codec"),
    [
        (b"", None),
        (NUMBERS.tobytes()[:-1], None),
        (NUMBERS.tobytes() * 2, None),
        (gzip.compress(bytes(50_000), mtime=0), "gzip"),
        (b"no gzip", "gzip"),
        (b"no zstd", "zstd"),
        (b"no blosc, and it is longer than a header", "blosc"),
    ],
)
def test_a_chunk_of_another_size_is_refused(write, chunk, codec):
    pytest.importorskip("numcodecs")
    with pytest.raises(PhotographError, match=r"a chunk '0\.0' that cannot be unpacked .* allowed: chunks of 70 bytes"):
        read_array(write(chunk, compressor=codec and {"id": codec}))


@pytest.mark.parametrize("codec", ["Zstd", "Blosc", "LZ4"])
def test_a_chunk_that_unpacks_to_much_more_is_refused(write, codec):
    numcodecs = pytest.importorskip("numcodecs")
    bomb = getattr(numcodecs, codec)().encode(np.zeros(50_000, np.uint8))
    with pytest.raises(PhotographError, match="its header states 50000 bytes"):
        read_array(write(bomb, compressor={"id": codec.lower()}))


@pytest.mark.parametrize("codec", ["Zstd", "Blosc", "LZ4", "Zlib", "GZip"])
@pytest.mark.parametrize("n_bytes", [69, 1])
def test_a_chunk_that_unpacks_to_less_is_refused(write, codec, n_bytes):
    numcodecs = pytest.importorskip("numcodecs")
    packed = getattr(numcodecs, codec)().encode(PLAIN[:n_bytes])
    with pytest.raises(PhotographError, match=rf"cannot be unpacked \((its header states {n_bytes}|fewer) bytes"):
        read_array(write(packed, compressor={"id": codec.lower()}))


def test_a_zstd_frame_that_states_no_size_is_refused_when_it_is_short(write):
    pytest.importorskip("numcodecs")
    stored = PLAIN[:60]
    frame = bytes.fromhex("28b52ffd 00 00") + (1 | len(stored) << 3).to_bytes(3, "little") + stored
    with pytest.raises(PhotographError, match="expected to decompress 70, got 60"):
        read_array(write(frame, compressor={"id": "zstd"}))


@pytest.mark.parametrize("packed_size", [0, 1 << 30, 17])
def test_a_blosc_chunk_whose_header_does_not_fit_is_refused(write, packed_size):
    numcodecs = pytest.importorskip("numcodecs")
    packed = bytearray(numcodecs.Blosc().encode(PLAIN))
    packed[12:16] = packed_size.to_bytes(4, "little")
    with pytest.raises(PhotographError, match="its header states another packed size"):
        read_array(write(bytes(packed), compressor={"id": "blosc"}))


def test_a_packed_chunk_that_is_too_large_is_refused(write):
    with pytest.raises(PhotographError, match=r"bad '0\.0': got a larger file; allowed: at most 1094 bytes"):
        read_array(write(bytes(2000), compressor={"id": "gzip"}))


@pytest.mark.posix("symbolic links")
def test_a_chunk_that_leads_elsewhere_is_refused(write, tmp_path_factory):
    secret = tmp_path_factory.mktemp("elsewhere") / "secret"
    secret.write_bytes(NUMBERS.tobytes())
    (write(None) / "0.0").symlink_to(secret)
    with pytest.raises(PhotographError, match=r"bad '0\.0': got a link that leads elsewhere"):
        read_array(write(None))


@pytest.fixture(params=[2, 3, "shards"])
def written(request, tmp_path):
    """The numbers in chunks of 2 × 3, by Zarr's own library; the first two rows of chunks are missing."""
    zarr = pytest.importorskip("zarr")
    kind = {"shards": (4, 6)} if request.param == "shards" else {"zarr_format": request.param}
    array = zarr.create_array(tmp_path, shape=(17, 13), chunks=(2, 3), dtype="uint16", fill_value=9, **kind)
    array[4:] = np.arange(13 * 13).reshape(13, 13)
    assert (array[:4] == 9).all()
    return tmp_path, array[:]


def test_any_window_is_read(written):
    folder, numbers = written
    array = open_array(folder)
    for row0, row1, col0, col1 in [(0, 17, 0, 13), (5, 6, 7, 8), (3, 11, 2, 12), (16, 17, 12, 13), (0, 4, 0, 13)]:
        window = np.s_[row0:row1, col0:col1]
        np.testing.assert_array_equal(array.read(window), numbers[window])


def test_only_the_chunks_that_a_window_meets_are_read(written, monkeypatch):
    array, asked = open_array(written[0]), []
    monkeypatch.setattr(array, "_packed", asked.append)
    array.read(np.s_[5:7, 3:7])
    assert asked == [(2, 1), (2, 2), (3, 1), (3, 2)]


def test_the_last_chunk_is_unpacked_once(write):
    array = open_array(write())
    array.read()
    (write() / "0.0").unlink()
    np.testing.assert_array_equal(array.read(np.s_[1:3, 2:5]), NUMBERS[1:3, 2:5])


@pytest.fixture
def shards(tmp_path):
    """Write 8 × 8 numbers in four shards of four chunks, their metadata changed as a test wants."""
    zarr = pytest.importorskip("zarr")
    zarr.create_array(tmp_path, shape=(8, 8), chunks=(2, 2), shards=(4, 4), dtype="uint16", compressors=None)[:] = 5

    def change(**changes):
        metadata = json.loads((tmp_path / "zarr.json").read_text())
        metadata["codecs"][0]["configuration"] |= changes
        (tmp_path / "zarr.json").write_text(json.dumps(metadata))
        return tmp_path

    return change


def test_the_index_of_a_shard_may_stand_first(shards):
    for path in shards(index_location="start").glob("c/*/*"):
        data = path.read_bytes()
        entries = np.frombuffer(data[-68:-4], "<u8").reshape(4, 2) + np.array([68, 0], "<u8")
        path.write_bytes(entries.tobytes() + data[-4:] + data[:-68])
    assert (read_array(shards()) == 5).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"chunk_shape": [3, 2]}, r"got shards of \[4, 4\] with chunks of \[3, 2\]; allowed: shards of whole chunks"),
        ({"chunk_shape": [2, 2, 2]}, "allowed: shards of whole chunks"),
        ({"codecs": [{"name": "pickle"}]}, r"'zarr\.json: codecs\."),
        ({"index_codecs": [{"name": "bytes"}, {"name": "gzip"}]}, r"'zarr\.json: codecs\."),
    ],
)
def test_shards_of_another_kind_are_refused(shards, changes, message):
    with pytest.raises(PhotographError, match=message):
        read_array(shards(**changes))


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ((0, 10**12), "got a chunk of 1000000000000 bytes in 'c/0/0'; allowed: at most 1032 bytes"),
        ((10**12, 8), "a file that is cut short; allowed: 8 bytes from 1000000000000 on"),
        ((2**64 - 2, 8), "a file that cannot be read"),
        ((0, 7), "fewer bytes than it must have"),
    ],
)
def test_an_index_that_leads_elsewhere_is_refused(shards, entry, message):
    path = shards() / "c/0/0"
    path.write_bytes(path.read_bytes()[:-68] + np.array([entry] * 4, "<u8").tobytes() + bytes(4))
    with pytest.raises(PhotographError, match=message):
        read_array(shards())


def test_a_shard_that_is_shorter_than_its_index_is_refused(shards):
    (shards() / "c/0/0").write_bytes(bytes(10))
    with pytest.raises(PhotographError, match="a file that cannot be read"):
        read_array(shards())


def test_a_shard_of_too_many_chunks_is_refused(shards, monkeypatch):
    monkeypatch.setattr(zarr_array, "MAX_CHUNKS_IN_SHARD", 3)
    with pytest.raises(PhotographError, match="3 chunks in a shard"):
        read_array(shards())


def test_a_missing_library_is_named(write, monkeypatch):
    plain = builtins.__import__

    def without(name, *rest):
        if name == "numcodecs":
            raise ModuleNotFoundError(name)
        return plain(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match=r"got no numcodecs; .*pip install 'hemolens\[export\]'"):
        read_array(write(b"", compressor={"id": "zstd"}))
