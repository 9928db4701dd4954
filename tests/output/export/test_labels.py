import io
from dataclasses import replace

import numpy as np
import pytest
import shapely
import tifffile
from defusedxml import ElementTree
from PIL import Image

from hemolens.cell_types import CELL_TYPES
from hemolens.images.box import Box
from hemolens.images.photograph import photograph_from_array
from hemolens.measurements.scale import RedCellDiameter
from hemolens.output.export import labels
from hemolens.output.export.labels import LabelImages, label_image, ome_tiff_bytes

OME = "{http://www.openmicroscopy.org/Schemas/OME/2016-06}"


def tiff_of(result):
    return ome_tiff_bytes(result, [label_image(result, kind) for kind in CELL_TYPES])


@pytest.fixture
def tiff(drawn):
    with tifffile.TiffFile(io.BytesIO(tiff_of(drawn))) as file:
        yield file


def test_a_plane_for_each_type(tiff):
    assert tiff.series[0].axes == "CYX"
    assert tiff.series[0].shape == (3, 300, 400)
    assert tiff.series[0].dtype == np.uint16


def test_the_channels_are_named(tiff):
    root = ElementTree.fromstring(tiff.ome_metadata)
    assert [channel.get("Name") for channel in root.iter(f"{OME}Channel")] == ["red cells", "white cells", "platelets"]


def test_the_metadata_are_valid_ome(tiff):
    root = ElementTree.fromstring(tiff.ome_metadata)
    (pixels,) = root.iter(f"{OME}Pixels")
    assert root.tag == f"{OME}OME"
    assert {each: pixels.get(each) for each in ("SizeC", "SizeX", "SizeY", "Type")} == {
        "SizeC": "3", "SizeX": "400", "SizeY": "300", "Type": "uint16"
    }  # fmt: skip


def test_the_pixel_size_is_there_when_the_photograph_states_it(drawn):
    stated = replace(drawn, image=replace(drawn.image, um_per_px=0.1))
    with tifffile.TiffFile(io.BytesIO(tiff_of(stated))) as file:
        (pixels,) = ElementTree.fromstring(file.ome_metadata).iter(f"{OME}Pixels")
    assert (pixels.get("PhysicalSizeX"), pixels.get("PhysicalSizeYUnit", "µm")) == ("0.1", "µm")


def test_a_pixel_size_that_the_photograph_refutes_is_left_out(drawn):
    refuted = replace(
        drawn,
        image=replace(drawn.image, um_per_px=0.3),
        red_cell_diameter=RedCellDiameter(50, 0.9, refused_um_per_px=0.3),
    )
    with tifffile.TiffFile(io.BytesIO(tiff_of(refuted))) as file:
        (pixels,) = ElementTree.fromstring(file.ome_metadata).iter(f"{OME}Pixels")
    assert "PhysicalSizeX" not in pixels.attrib
    assert "PhysicalSizeY" not in pixels.attrib


def test_the_pixels_of_a_cell_have_its_number(tiff, drawn, smear):
    planes = tiff.asarray()
    for number, cell in enumerate(drawn.cells, start=1):
        painted = planes[["rbc", "wbc", "plt"].index(cell.type)] == number
        labels = smear.labels(cell.type)
        true = labels == np.bincount(labels[painted]).argmax()
        assert np.count_nonzero(painted & true) / np.count_nonzero(painted | true) >= 0.98


@pytest.mark.parametrize("seed", range(20))
def test_pixels_inside_are_those_that_shapely_finds(seed):
    points = np.random.default_rng(seed).uniform(-3, 25, (7, 2))
    angles = np.arctan2(*(points - points.mean(axis=0)).T)
    polygon = points[np.argsort(angles)]  # in one turn around the middle, hence simple
    window, inside = labels._pixels_inside(polygon, (20, 18))
    found = np.zeros((20, 18), bool)
    found[window] = inside
    cols, rows = np.meshgrid(np.arange(18), np.arange(20))
    np.testing.assert_array_equal(found, shapely.contains_xy(shapely.Polygon(polygon), cols, rows))


def test_where_cells_overlap_the_smaller_one_is_on_top(make_result, make_cell):
    result = make_result("a.jpg", make_cell(row=10, col=10, half=2), make_cell(row=10, col=10, half=6))
    painted = label_image(result, "rbc")
    assert (painted[10, 10], painted[10, 14], painted[10, 30]) == (1, 2, 0)


def test_a_cell_between_the_centres_of_pixels_has_one_pixel(make_result, make_cell):
    tiny = np.array([[4.6, 6.6], [4.6, 6.8], [4.8, 6.8], [4.8, 6.6]], np.float32)
    cell = replace(make_cell(), row=4.7, col=6.7, outline=tiny, box=Box(5, 7, 6, 8))
    assert np.argwhere(label_image(make_result("a.jpg", cell), "rbc")).tolist() == [[5, 7]]


def test_cells_at_the_frame_stay_inside(drawn):
    assert any(cell.touches_frame for cell in drawn.cells)
    assert label_image(drawn, "rbc").shape == (300, 400)


def test_the_pictures_hold_what_the_tiff_holds(tiff, drawn, entry):
    contents = LabelImages.own(entry, drawn)
    for plane, kind in zip(tiff.asarray(), ("rbc", "wbc", "plt"), strict=True):
        with Image.open(io.BytesIO(contents[f"labels/{kind}/a.png"])) as picture:
            assert picture.mode == "I;16"
            np.testing.assert_array_equal(np.asarray(picture), plane)


def test_a_type_without_cells_has_a_black_picture(make_result, entry):
    contents = LabelImages.own(entry, make_result())
    assert not np.asarray(Image.open(io.BytesIO(contents["labels/wbc/a.png"]))).any()


def test_more_cells_than_16_bits_hold_are_32_bits_and_no_pictures(make_result, make_cell, entry, monkeypatch):
    monkeypatch.setattr(labels, "_LARGEST_16_BIT", 1)
    contents = LabelImages.own(entry, make_result("a.jpg", make_cell(), make_cell(col=20)))
    assert list(contents) == ["labels/a.ome.tif"]
    assert tifffile.imread(io.BytesIO(contents["labels/a.ome.tif"])).dtype == np.uint32


def test_the_same_cells_give_the_same_bytes(drawn):
    assert tiff_of(drawn) == tiff_of(drawn)


def test_a_name_cannot_break_the_metadata(drawn):
    named = replace(drawn, image=photograph_from_array(drawn.image.pixels, 'é"/><Image Name="x.jpg'))
    with tifffile.TiffFile(io.BytesIO(tiff_of(named))) as file:
        images = list(ElementTree.fromstring(file.ome_metadata).iter(f"{OME}Image"))
    assert len(images) == 1
