"""Labels that ``ome-zarr`` writes are read, of both versions of the format; what is none is refused."""

import json
import random

import numpy as np
import pytest

from hemolens.errors import LabelError
from hemolens.labels import read_labels
from hemolens.labels.ome_zarr import read_ome_zarr

N_TRIALS = 300

NUMBERS = np.zeros((20, 30), np.uint16)
NUMBERS[2:6, 3:9] = 4
NUMBERS[10:15, 20:22] = 900


def write_json(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def write_store(store, numbers=NUMBERS, names=("rbc",), dataset="0"):
    """Write labels as OME-Zarr 0.4 in one plain chunk."""
    write_json(store / ".zgroup", {"zarr_format": 2})
    write_json(store / "labels" / ".zgroup", {"zarr_format": 2})
    write_json(store / "labels" / ".zattrs", {"labels": list(names)})
    for name in names:
        folder = store / "labels" / name
        write_json(folder / ".zattrs", {"multiscales": [{"datasets": [{"path": dataset}]}], "image-label": {}})
        write_json(folder / "0" / ".zarray", {
            "zarr_format": 2, "shape": numbers.shape, "chunks": numbers.shape, "dtype": numbers.dtype.str,
            "compressor": None, "fill_value": 0, "order": "C",
        })  # fmt: skip
        (folder / "0" / "0.0").write_bytes(numbers.tobytes())
    return store


@pytest.mark.filterwarnings(r"ignore:\s+The 'scaler' argument:DeprecationWarning")  # ome-zarr's own default
@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_what_ome_zarr_writes_is_read(tmp_path, version):
    zarr = pytest.importorskip("zarr")
    writer, form = pytest.importorskip("ome_zarr.writer"), pytest.importorskip("ome_zarr.format")
    chosen = form.format_from_version(version)
    group = zarr.open_group(tmp_path / "a.ome.zarr", mode="w", zarr_format=chosen.zarr_format)
    writer.write_image(np.zeros((3, 20, 30), np.uint8), group, axes="cyx", fmt=chosen)
    writer.write_labels(NUMBERS, group, name="rbc", axes="yx", fmt=chosen)
    labels = read_labels(tmp_path / "a.ome.zarr")
    assert labels.truths["a"]["rbc"].boxes.tolist() == [[2, 3, 6, 9], [10, 20, 15, 22]]
    assert labels.sizes == {"a": (20, 30)}


def test_a_store_or_a_folder_of_stores(tmp_path):
    write_store(tmp_path / "a.ome.zarr")
    write_store(tmp_path / "b.zarr", names=("wbc", "Platelets"))
    labels = read_labels(tmp_path)
    assert {name: sorted(truths) for name, truths in labels.truths.items()} == {"a": ["rbc"], "b": ["plt", "wbc"]}
    assert read_labels(tmp_path / "b.zarr", ["wbc"]).truths["b"].keys() == {"wbc"}


def test_every_cell_is_known_to_the_pixel(tmp_path):
    truth = read_labels(write_store(tmp_path / "a.ome.zarr")).truths["a"]["rbc"]
    np.testing.assert_array_equal(truth.paint((20, 30)) > 0, NUMBERS > 0)
    assert np.unique(truth.paint((20, 30))).tolist() == [0, 1, 2]


def test_labels_without_a_cell_say_that_there_is_none(tmp_path):
    assert read_labels(write_store(tmp_path / "a.ome.zarr", np.zeros_like(NUMBERS))).truths["a"]["rbc"].count == 0


def test_numbers_far_apart_take_no_memory(tmp_path):
    far = NUMBERS.astype(np.int64) * 10**15
    assert read_labels(write_store(tmp_path / "a.ome.zarr", far)).truths["a"]["rbc"].count == 2


def test_numbers_below_zero_are_no_cells(tmp_path):
    assert read_labels(write_store(tmp_path / "a.ome.zarr", -NUMBERS.astype(np.int32))).truths["a"]["rbc"].count == 0


@pytest.mark.parametrize("dataset", ["../../../secret", "/etc", "..", "0/../../x", ".", "", "C:\\x", "a//b"])
def test_a_level_that_lies_elsewhere_is_refused(tmp_path, dataset):
    with pytest.raises(LabelError, match=r"'\.zattrs: multiscales\.0\.datasets\.0\.path"):
        read_labels(write_store(tmp_path / "a.ome.zarr", dataset=dataset))


def test_a_label_image_of_another_name_is_refused(tmp_path):
    store = write_store(tmp_path / "a.ome.zarr")
    write_json(store / "labels" / ".zattrs", {"labels": ["../../secret"]})
    with pytest.raises(LabelError, match=r"unknown cell type in the labels of 'a.ome.zarr': got '../../secret'"):
        read_labels(store)


def test_two_label_images_of_one_type_are_refused(tmp_path):
    with pytest.raises(LabelError, match="a second label image of type plt"):
        read_labels(write_store(tmp_path / "a.ome.zarr", names=("plt", "platelets")))


def test_label_images_of_different_sizes_are_refused(tmp_path):
    store = write_store(tmp_path / "a.ome.zarr", NUMBERS, ("rbc",))
    write_store(store, NUMBERS[:10], ("wbc",))
    write_json(store / "labels" / ".zattrs", {"labels": ["rbc", "wbc"]})
    with pytest.raises(LabelError, match="got a label image of 30 × 10 px; allowed: label images of one size"):
        read_labels(store)


def test_two_stores_of_one_photograph_are_refused(tmp_path):
    stores = [write_store(tmp_path / name) for name in ("a.zarr", "a.ome.zarr")]
    with pytest.raises(LabelError, match="a second store for 'a'"):
        read_ome_zarr(stores)


def test_a_store_without_labels_is_refused(tmp_path):
    write_json(tmp_path / "a.ome.zarr" / ".zgroup", {"zarr_format": 2})
    with pytest.raises(LabelError, match="the OME-Zarr holds no labels"):
        read_labels(tmp_path / "a.ome.zarr")


def test_a_store_whose_arrays_are_missing_is_refused(tmp_path):
    store = write_store(tmp_path / "a.ome.zarr")
    (store / "labels" / "rbc" / "0" / ".zarray").unlink()
    with pytest.raises(LabelError, match=r"'.*0' is not a part of OME-Zarr labels .*: got no '\.zarray'; .* 0\.5$"):
        read_labels(store)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shape": [1_000_000, 1_000_000]}, "got an array of 1000000 × 1000000 in .* at most 400000000 pixels"),
        ({"shape": [5000, 5000], "chunks": [1, 1]}, "in 25000000 chunks; allowed: .* in at most 100000 chunks"),
        ({"shape": [2, 20, 30], "chunks": [1, 20, 30]}, "got an array of 2 × 20 × 30; allowed: one plane"),
    ],
)
def test_labels_of_several_planes_or_larger_than_a_photograph_are_refused(tmp_path, changes, message):
    store = write_store(tmp_path / "a.ome.zarr")
    path = store / "labels" / "rbc" / "0" / ".zarray"
    write_json(path, json.loads(path.read_text()) | changes)
    with pytest.raises(LabelError, match=message):
        read_labels(store)


@pytest.mark.posix("symbolic links")
def test_labels_that_lie_elsewhere_are_refused(tmp_path):
    elsewhere = write_store(tmp_path / "elsewhere.zarr") / "labels" / "rbc" / "0"
    store = write_store(tmp_path / "a.ome.zarr")
    (store / "labels" / "rbc" / "0").rename(tmp_path / "away")
    (store / "labels" / "rbc" / "0").symlink_to(elsewhere)
    with pytest.raises(LabelError, match="a link that leads elsewhere"):
        read_labels(store)


def test_damage_anywhere_is_read_or_refused(tmp_path, make_result, make_cell):
    pytest.importorskip("zarr")
    from hemolens.output.export.omezarr import store_files

    store = tmp_path / "a.ome.zarr"
    read_by_us = {}
    for name, content in store_files(make_result("a", make_cell(), make_cell("wbc", 20, 20))).items():
        (store / name).parent.mkdir(parents=True, exist_ok=True)
        (store / name).write_bytes(content)
        if name.startswith("labels/"):
            read_by_us[store / name] = content
    dice = random.Random(0)  # noqa: S311 -- damage, not a secret
    for _ in range(N_TRIALS):
        path, sound = dice.choice(list(read_by_us.items()))
        damaged = bytearray(sound)
        for _ in range(dice.choice([1, 2, 8])):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        path.write_bytes(damaged[: dice.choice([len(damaged), dice.randrange(len(damaged))])])
        try:
            read_labels(store)
        except LabelError as error:
            assert "\n" not in str(error)  # noqa: PT017 -- both outcomes are right
        path.write_bytes(sound)
