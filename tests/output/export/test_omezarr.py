"""The OME-Zarr of a photograph, opened with the reader that people use for it."""

from dataclasses import replace

import numpy as np
import pytest

from hemolens.cell_types import CELL_TYPES
from hemolens.measurements.scale import RedCellDiameter
from hemolens.options import CountOptions
from hemolens.output.entries import name_entries
from hemolens.output.export import labels
from hemolens.output.export.labels import label_image
from hemolens.output.options import OutputOptions
from hemolens.output.run_files import RunFiles

zarr = pytest.importorskip("zarr")

from hemolens.output.export.omezarr import N_LEVELS, store_files  # noqa: E402


def write(folder, result):
    for name, content in store_files(result).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def store(tmp_path, drawn):
    return write(tmp_path / "a.ome.zarr", drawn)


def opened(path):
    """The nodes that the reader finds, by the end of their paths."""
    io, reader = pytest.importorskip("ome_zarr.io"), pytest.importorskip("ome_zarr.reader")
    nodes = reader.Reader(io.parse_url(path))()
    return {str(node.zarr).rstrip("/").split("/")[-1].split(" ")[0]: node for node in nodes if node.data}


def test_the_reader_finds_the_photograph_and_a_label_image_for_each_type(store, drawn):
    found = opened(store)
    picture, *_ = found["a.ome.zarr"].data
    np.testing.assert_array_equal(np.moveaxis(picture.compute(), 0, -1), drawn.image.pixels)
    for kind in CELL_TYPES:
        np.testing.assert_array_equal(found[kind].data[0].compute(), label_image(drawn, kind))


def test_the_reader_finds_the_measurements_of_each_cell(store, drawn):
    numbered = {n: cell for n, cell in enumerate(drawn.cells, start=1) if cell.type == "wbc"}
    properties = opened(store)["wbc"].metadata["properties"]
    assert {n: each["diameter_px"] for n, each in properties.items()} == {
        n: round(cell.diameter_px, 2) for n, cell in numbered.items()
    }


def test_the_reader_takes_the_channels_for_colours(store):
    metadata = opened(store)["a.ome.zarr"].metadata
    assert metadata["channel_names"] == ["red", "green", "blue"]


def test_the_metadata_are_valid_ome_zarr(store):
    models = pytest.importorskip("ome_zarr_models.v05")
    image = models.Image.from_zarr(zarr.open_group(store, mode="r"))
    assert image.labels.ome_attributes.labels == list(CELL_TYPES)
    for kind in CELL_TYPES:
        models.ImageLabel.from_zarr(zarr.open_group(store / "labels" / kind, mode="r"))


def test_each_level_is_half_of_the_one_before(store):
    shapes = [zarr.open_array(store / "labels/rbc" / str(level), mode="r").shape for level in range(N_LEVELS)]
    assert shapes == [(300, 400), (150, 200), (75, 100), (38, 50)]


def test_a_picture_on_the_next_level_is_the_mean_of_four(store, drawn):
    half = zarr.open_array(store / "1", mode="r")[:]
    four = drawn.image.pixels.reshape(150, 2, 200, 2, 3).mean(axis=(1, 3))
    assert np.abs(np.moveaxis(half, 0, -1) - four).max() <= 0.5


def test_odd_sides_are_halved_too(make_result, make_cell):
    files = store_files(replace(make_result("a.png", make_cell()), image=odd(make_result().image)))
    assert {f"{level}/zarr.json" for level in range(N_LEVELS)} <= set(files)


def odd(photograph):
    return replace(photograph, pixels=np.zeros((1, 7, 3), np.uint8))


def transformations(store):
    (multiscales,) = zarr.open_group(store, mode="r").attrs["ome"]["multiscales"]
    return multiscales["axes"], [each["coordinateTransformations"] for each in multiscales["datasets"]]


def test_pixels_are_placed_in_micrometres_where_the_photograph_states_its_scale(tmp_path, drawn):
    stated = replace(drawn, image=replace(drawn.image, um_per_px=0.5))
    axes, placed = transformations(write(tmp_path / "a.ome.zarr", stated))
    assert axes[1] == {"name": "y", "type": "space", "unit": "micrometer"}
    assert [scale["scale"][1] for scale, _ in placed] == [0.5, 1, 2, 4]
    assert [translation["translation"][1] for _, translation in placed] == [0, 0.25, 0.75, 1.75]


def test_pixels_are_pixels_where_it_does_not(store):
    axes, placed = transformations(store)
    assert axes[1] == {"name": "y", "type": "space"}
    assert placed[0][0] == {"type": "scale", "scale": [1, 1, 1]}


def test_pixels_are_pixels_where_the_photograph_refutes_the_scale_of_its_file(tmp_path, drawn):
    refuted = replace(
        drawn,
        image=replace(drawn.image, um_per_px=0.3),
        red_cell_diameter=RedCellDiameter(50, 0.9, refused_um_per_px=0.3),
    )
    axes, placed = transformations(write(tmp_path / "a.ome.zarr", refuted))
    assert axes[1] == {"name": "y", "type": "space"}
    assert placed[0][0] == {"type": "scale", "scale": [1, 1, 1]}


def test_a_photograph_without_cells_has_black_labels(tmp_path, make_result):
    store = write(tmp_path / "a.ome.zarr", make_result())
    assert not zarr.open_array(store / "labels/rbc/0", mode="r")[:].any()


def test_more_cells_than_16_bits_hold_are_32_bits(tmp_path, make_result, make_cell, monkeypatch):
    monkeypatch.setattr(labels, "_LARGEST_16_BIT", 1)
    store = write(tmp_path / "a.ome.zarr", make_result("a.jpg", make_cell(), make_cell(col=20)))
    assert zarr.open_array(store / "labels/rbc/0", mode="r").dtype == np.uint32


def test_the_same_cells_give_the_same_bytes(drawn):
    assert store_files(drawn) == store_files(drawn)


def test_a_later_run_leaves_nothing_of_an_earlier_one(tmp_path, make_result):
    for names in (["a.jpg", "b.jpg"], ["b.jpg"]):
        entries = name_entries(names)
        with RunFiles(tmp_path, entries, CountOptions(), OutputOptions(export=["omezarr"]), overwrite=True) as files:
            for entry in entries:
                files.add(entry, make_result(entry.image))
    assert [path.name for path in (tmp_path / "omezarr").iterdir()] == ["b.ome.zarr"]
